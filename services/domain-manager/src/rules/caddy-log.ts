import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import {
  explainAcmeProblem,
  explainCaFailure,
  type AcmeProblem,
  type AcmeSubproblem,
} from './acme-error.ts'
import type { CaddyEvent } from './caddy-event.ts'
import { caEvidence } from './certificate-evidence.ts'

/** Longest line of Caddy's log that is read, in octets. */
export const CADDY_LINE_OCTETS_MAX = 64 * 1024

/** What a line of Caddy's log is. */
export type CaddyLine =
  | { readonly kind: 'event'; readonly event: CaddyEvent }
  /** Well-formed, but nothing about a certificate that we act on. */
  | { readonly kind: 'other' }
  /** Not one JSON object with the fields that each line has. */
  | { readonly kind: 'malformed' }

/** What a line is read with. */
export type CaddyLineContext = {
  /** When it came in: no event is later, whatever the line says. */
  readonly receivedAt: EpochMs
  /** The CA's CAA identity. */
  readonly acmeIssuer: string
}

/**
 * Reads one line of Caddy's JSON log.
 *
 * One failed attempt is told up to twice: by the challenge that failed, which is the one that
 * counts as a validation failure, and by the line that says when the next attempt is.
 *
 * @see test/caddy/caddy-log.test.ts, which holds the lines of both Caddys to this
 */
export function readCaddyLine(line: string, context: CaddyLineContext): CaddyLine {
  const entry = parseEntry(line)
  if (entry === undefined) return { kind: 'malformed' }
  const event = eventOf(entry, context)
  return event === undefined ? { kind: 'other' } : { kind: 'event', event }
}

type Entry = Readonly<Record<string, unknown>> & {
  readonly msg: string
  readonly ts: number
}

function eventOf(entry: Entry, context: CaddyLineContext): CaddyEvent | undefined {
  const at = Math.min(Math.round(entry.ts * 1_000), context.receivedAt)
  const logger = textOf(entry['logger'])
  if (logger === 'tls.obtain' || logger === 'tls.renew') {
    return certificateEvent(entry, { ...context, at, isRenewal: logger === 'tls.renew' })
  }
  // Caddy names this logger after what uses it: `http` or, by another name, `tls.issuance.acme`.
  if (logger.endsWith('acme_client') && entry.msg === 'challenge failed') {
    return challengeEvent(entry, { ...context, at })
  }
  return undefined
}

function certificateEvent(
  entry: Entry,
  context: CaddyLineContext & { readonly at: EpochMs; readonly isRenewal: boolean },
): CaddyEvent | undefined {
  const { at, isRenewal } = context
  if (FAILED.has(entry.msg)) return attemptEvent(entry, context)
  const hostname = hostnameOf(entry['identifier'])
  if (hostname === undefined) return undefined
  if (BEGUN.has(entry.msg)) return { kind: 'order_begun', hostname, at, isRenewal }
  if (!ISSUED.has(entry.msg)) return undefined
  const asked = { hostname, ca: caOf(entry), what: 'order', at }
  const evidence = [caEvidence({ kind: 'issued', text: entry.msg }, asked)]
  return { kind: 'issued', hostname, at, isRenewal, evidence }
}

const BEGUN: ReadonlySet<string> = new Set(['obtaining certificate', 'renewing certificate'])
const ISSUED: ReadonlySet<string> = new Set([
  'certificate obtained successfully',
  'certificate renewed successfully',
])
const FAILED: ReadonlySet<string> = new Set(['will retry', 'final attempt; giving up'])

function challengeEvent(
  entry: Entry,
  context: CaddyLineContext & { readonly at: EpochMs },
): CaddyEvent | undefined {
  const hostname = hostnameOf(entry['identifier'])
  if (hostname === undefined) return undefined
  const { at } = context
  const problem = problemOf(entry)
  const explained = explainAcmeProblem(problem, { ...context, hostname })
  const what = textOf(entry['challenge_type']) || 'challenge'
  const evidence = [
    caEvidence({ kind: 'problem', problem }, { hostname, ca: caOf(entry), what, at }),
  ]
  return { kind: 'failed', hostname, at, isValidationFailure: true, ...explained, evidence }
}

// The hostname stands in the text alone: "[links.acme.com] Obtain: …".
const ATTEMPT = /^\[([^\]]{1,300})\] (?:Obtain|Renew): (.*)$/s

function attemptEvent(
  entry: Entry,
  context: CaddyLineContext & { readonly at: EpochMs },
): CaddyEvent | undefined {
  const [, name, text = ''] = ATTEMPT.exec(textOf(entry['error'])) ?? []
  const hostname = hostnameOf(name)
  if (hostname === undefined) return undefined
  const { at } = context
  const retryIn = entry['retrying_in']
  const next = typeof retryIn === 'number' && retryIn >= 0 ? at + retryIn * 1_000 : undefined
  const failed = { kind: 'failed', hostname, at, isValidationFailure: false } as const
  const asked = { hostname, ca: caOf(entry), what: 'order', at }
  const problem = problemIn(text)
  if (problem !== undefined) {
    const explained = explainAcmeProblem(problem, { ...context, hostname })
    const evidence = [caEvidence({ kind: 'problem', problem }, asked)]
    return { ...failed, ...explained, retryAt: laterOf(next, explained.retryAt), evidence }
  }
  // Why nothing: Caddy 2.6.2 says this after a failed challenge, which has told the cause itself.
  if (text.includes('no solvers available for remaining challenges')) return undefined
  const reported = withoutTail(text)
  const error = explainCaFailure(reported, { hostname })
  const evidence = [caEvidence({ kind: 'failed', text: reported }, asked)]
  return { ...failed, error, retryAt: next, limit: undefined, evidence }
}

const DIRECTORY = / \(ca=([^()]*)\)$/

/** Finds the CA that a line is about: its directory's host, or what Caddy's storage calls it. */
function caOf(entry: Entry): string | undefined {
  const [, directory = ''] = DIRECTORY.exec(textOf(entry['error'])) ?? []
  const names = [URL.parse(directory)?.host, textOf(entry['issuer'])]
  return names.find((name) => name !== undefined && name !== '')
}

function laterOf(one: EpochMs | undefined, other: EpochMs | undefined): EpochMs | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return Math.max(one, other)
}

/** Reads the problem of a failed challenge: an object in current Caddy, two fields in 2.6.2. */
function problemOf(entry: Entry): AcmeProblem {
  const problem = entry['problem']
  if (!isRecord(problem)) {
    return { type: textOf(entry['problem_type']), detail: textOf(entry['error']), subproblems: [] }
  }
  const { subproblems } = problem
  return {
    type: textOf(problem['type']),
    detail: textOf(problem['detail']),
    subproblems: Array.isArray(subproblems) ? subproblems.filter(isRecord).map(toSubproblem) : [],
  }
}

function toSubproblem(value: Readonly<Record<string, unknown>>): AcmeSubproblem {
  const { identifier } = value
  return {
    type: textOf(value['type']),
    detail: textOf(value['detail']),
    identifier: isRecord(identifier) ? textOf(identifier['value']) : '',
  }
}

const PROBLEM = /HTTP \d{3} (urn:ietf:params:acme:error:[a-zA-Z]+) - (.*)$/s
const SUBPROBLEM =
  /, problem "([^"]{0,99})": (.*?)(?: \(\w*_identifier=([^)]{0,300})\))?(?=, problem "|, url: |$)/gs

/** Finds the problem in an error's text, as Caddy's ACME library writes it. */
function problemIn(text: string): AcmeProblem | undefined {
  const [, type, rest] = PROBLEM.exec(withoutTail(text)) ?? []
  if (type === undefined || rest === undefined) return undefined
  const subproblems = [...rest.matchAll(SUBPROBLEM)].map(([, subType, detail, identifier]) => ({
    type: textOf(subType),
    detail: textOf(detail),
    identifier: textOf(identifier),
  }))
  return { type, detail: rest.replaceAll(SUBPROBLEM, ''), subproblems }
}

// What Caddy adds to an error's text: which order, and at which CA.
function withoutTail(text: string): string {
  return text.replace(/(?: \((?:order|ca)=[^()]*\))+$/, '')
}

function parseEntry(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isEntry(value) ? value : undefined
  } catch {
    // Why nothing: what is no JSON is counted by the caller.
    return undefined
  }
}

function isEntry(value: unknown): value is Entry {
  if (!isRecord(value)) return false
  return typeof value['msg'] === 'string' && Number.isFinite(value['ts'])
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, TEXT_LENGTH_MAX) : ''
}

// Well above what a CA writes, so that no text costs more to read than its length.
const TEXT_LENGTH_MAX = 8_192

function hostnameOf(value: unknown): Hostname | undefined {
  // Why not with a colon: canonicalHostname takes a port, which an identifier has none.
  if (typeof value !== 'string' || value.includes(':')) return undefined
  return canonicalHostname(value)
}
