import { parseCaaIssue, parseCaaRecord, type CaaIssue, type CaaRecord } from './caa-record.ts'

/** What was found for one name of the climb. */
export type CaaSet = {
  /** The name that was asked for. */
  readonly name: string
  readonly found:
    | {
        readonly kind: 'records'
        /** In presentation form; empty: there are none. */
        readonly values: readonly string[]
        /** Where they stand: the name itself, or the end of its CNAME records. */
        readonly standsAt: string
      }
    /** Nobody could tell, with a text that completes "… of <name>". */
    | { readonly kind: 'failed'; readonly cause: string }
}

/** Who is to issue, and how. */
export type CaaPolicy = {
  /** The CA's CAA identity, for example `letsencrypt.org`. */
  readonly issuer: string
  /** Undefined: our account's URI is not known here. */
  readonly accountUri: string | undefined
}

/** Where the records that decide were found. */
export type CaaPlace = {
  readonly name: string
  readonly standsAt: string
}

/** Why records forbid. */
export type CaaObstacle =
  | { readonly kind: 'unknown_critical_tag'; readonly tag: string }
  /** The issuers that may; none: nobody may. */
  | { readonly kind: 'issuer_not_listed'; readonly issuers: readonly string[] }
  /** Our issuer may, but not for our account. */
  | { readonly kind: 'account_not_listed' }
  /** Our issuer may, but not by the way in which it checks us. */
  | { readonly kind: 'method_not_listed' }

/** Whether CAA lets our certificate be issued. */
export type CaaVerdict =
  | { readonly kind: 'allowed'; readonly place: CaaPlace | undefined }
  | { readonly kind: 'forbidden'; readonly place: CaaPlace; readonly obstacle: CaaObstacle }
  | { readonly kind: 'unknown'; readonly name: string; readonly cause: string }

/** The way in which the CA validates: the only one that works through this server. */
export const VALIDATION_METHOD = 'http-01'

/**
 * Decides whether CAA lets the issuer give a certificate for a hostname.
 *
 * Only the closest set that is not empty counts: one on `links.example.com`
 * hides the one on `example.com`. A lookup that failed before it is neither
 * permission nor prohibition, since it may hide such a set.
 *
 * @param climb from the hostname to its top-level domain, in that order, as
 *   named by `caaNames`; what lies behind the set that decides may be left out
 * @see RFC 8659 section 3 (the climb) and section 4 (properties)
 */
export function evaluateCaa(climb: readonly CaaSet[], policy: CaaPolicy): CaaVerdict {
  for (const { name, found } of climb) {
    if (found.kind === 'failed') return { kind: 'unknown', name, cause: found.cause }
    if (found.values.length > 0) {
      return evaluateSet({ name, standsAt: found.standsAt }, found.values, policy)
    }
  }
  return { kind: 'allowed', place: undefined }
}

/** The names whose CAA records can matter, closest first: `a.b.c` gives `a.b.c`, `b.c`, `c`. */
export function caaNames(hostname: string): readonly string[] {
  const labels = hostname.split('.')
  return labels.map((_, index) => labels.slice(index).join('.'))
}

// Those of IANA's registry. `issuewild` has no say on a name without a wildcard.
const KNOWN_TAGS = new Set([
  'issue',
  'issuewild',
  'iodef',
  'issuemail',
  'issuevmc',
  'contactemail',
  'contactphone',
])

function evaluateSet(place: CaaPlace, values: readonly string[], policy: CaaPolicy): CaaVerdict {
  const records: CaaRecord[] = []
  for (const value of values) {
    const record = parseCaaRecord(value)
    if (record === undefined) {
      return { kind: 'unknown', name: place.name, cause: 'one of the records cannot be read' }
    }
    records.push(record)
  }
  const forbidden = (obstacle: CaaObstacle): CaaVerdict => ({ kind: 'forbidden', place, obstacle })
  const strange = records.find(({ isCritical, tag }) => isCritical && !KNOWN_TAGS.has(tag))
  if (strange !== undefined) return forbidden({ kind: 'unknown_critical_tag', tag: strange.tag })

  const issues = records
    .filter(({ tag }) => tag === 'issue')
    .map(({ value }) => parseCaaIssue(value))
  if (issues.length === 0) return { kind: 'allowed', place }
  const issuer = policy.issuer.toLowerCase()
  const ours = issues.filter((issue) => issue.issuer === issuer)
  if (ours.length === 0) {
    const issuers = [...new Set(issues.map((issue) => issue.issuer))].filter((name) => name !== '')
    return forbidden({ kind: 'issuer_not_listed', issuers })
  }
  const byMethod = ours.filter(allowsMethod)
  if (byMethod.length === 0) return forbidden({ kind: 'method_not_listed' })
  const accounts = byMethod.map((issue) => accountOf(issue, policy.accountUri))
  if (accounts.includes('ours')) return { kind: 'allowed', place }
  if (!accounts.includes('unknown')) return forbidden({ kind: 'account_not_listed' })
  const cause = 'it names an ACME account, and DOMAINS_ACME_ACCOUNT_URI does not say which is ours'
  return { kind: 'unknown', name: place.name, cause }
}

/** @see RFC 8657 section 4 */
function allowsMethod({ parameters }: CaaIssue): boolean {
  const lists = parameters.get('validationmethods')
  if (lists === undefined) return true
  const [list, second] = lists
  // Why: a parameter that is given twice cannot be satisfied.
  if (list === undefined || second !== undefined) return false
  const methods = list.split(',')
  return methods.every((method) => METHOD.test(method)) && methods.includes(VALIDATION_METHOD)
}

const METHOD = /^[a-z0-9-]+$/i

/** @see RFC 8657 section 3 */
function accountOf(
  { parameters }: CaaIssue,
  ours: string | undefined,
): 'ours' | 'other' | 'unknown' {
  const accounts = parameters.get('accounturi')
  if (accounts === undefined) return 'ours'
  if (accounts.length > 1) return 'other'
  if (ours === undefined) return 'unknown'
  return accounts[0] === ours ? 'ours' : 'other'
}
