import {
  CERTIFICATE_MESSAGE_LENGTH_MAX,
  type CertificateError,
  type CertificateErrorCode,
} from '@fingerpost/model/certificate'
import { isAtOrUnder, type Hostname } from '@fingerpost/model/hostname'
import { registrableDomain } from '@fingerpost/model/registrable-domain'
import { describeInstant, type EpochMs } from '@fingerpost/model/time'
import type { LimitName } from './acme-budget.ts'

/** What an ACME server says is wrong. @see RFC 8555 sections 6.7 and 6.7.1 */
export type AcmeProblem = {
  /** The type, with or without `urn:ietf:params:acme:error:`. */
  readonly type: string
  readonly detail: string
  readonly subproblems: readonly AcmeSubproblem[]
}

/** What is wrong with one of the names of an order. */
export type AcmeSubproblem = {
  readonly type: string
  readonly detail: string
  /** The name that it is about; empty: not told. */
  readonly identifier: string
}

/** An ACME problem in words. */
export type ExplainedProblem = {
  readonly error: CertificateError
  /** When the CA would take another attempt; undefined: it did not say. */
  readonly retryAt: EpochMs | undefined
  /** The limit of which it says that it is reached; undefined: it named none. */
  readonly limit: LimitName | undefined
}

/** Most characters of the CA's own words in a message. */
export const CA_WORDS_LENGTH_MAX = 300

const TYPE_PREFIX = 'urn:ietf:params:acme:error:'

/**
 * Puts into words why a CA gives no certificate, with what can be done about it.
 *
 * The detail is the CA's text and may carry what a stranger's server answered: it
 * comes bounded, in quotes, and without what cannot be seen.
 *
 * @param about `acmeIssuer` is the CA's CAA identity, for example `letsencrypt.org`
 * @see RFC 8555 section 6.7
 */
export function explainAcmeProblem(
  problem: AcmeProblem,
  about: { readonly hostname: Hostname; readonly acmeIssuer: string },
): ExplainedProblem {
  const { type, detail } = theOneThatCounts(problem, about.hostname)
  const code = codeOf(type, detail)
  const message = `${MESSAGES[code](detail, { ...about, type })} ${theCaSays(detail)}`
  const isLimited = code === 'rate_limited'
  return {
    error: { code, message: message.trim().slice(0, CERTIFICATE_MESSAGE_LENGTH_MAX) },
    retryAt: isLimited ? retryTime(detail) : undefined,
    limit: isLimited ? limitIn(detail) : undefined,
  }
}

// As Boulder words them. What the last one says is in the one before as well.
const LIMITS_SAID: readonly (readonly [RegExp, LimitName])[] = [
  [/too many new orders .*from this account/i, 'account'],
  [/too many failed authorizations/i, 'failed_validations'],
  [/too many certificates .*this exact set of/i, 'hostname'],
  [/too many certificates .*already issued for/i, 'registrable_domain'],
]

function limitIn(detail: string): LimitName | undefined {
  return LIMITS_SAID.find(([pattern]) => pattern.test(detail))?.[1]
}

/** Puts into words that there was no answer from the CA that could be read. */
export function explainCaFailure(
  text: string,
  about: { readonly hostname: Hostname },
): CertificateError {
  return {
    code: 'unknown',
    message:
      `The attempt to get a certificate for "${about.hostname}" failed before the CA had judged ` +
      `it. It is tried again without anybody's help. Reported: ${inQuotes(text)}.`,
  }
}

/** Gives what a problem says of one name of its order; undefined: it tells no names apart. */
export function ownSubproblem(
  { subproblems }: AcmeProblem,
  hostname: Hostname,
): AcmeSubproblem | undefined {
  return subproblems.find(({ identifier }) => identifier === hostname) ?? subproblems[0]
}

// Why: an order for one name that names problems of its parts says the cause only there.
function theOneThatCounts(problem: AcmeProblem, hostname: Hostname) {
  const chosen = ownSubproblem(problem, hostname) ?? problem
  const isPrefixed = chosen.type.startsWith(TYPE_PREFIX)
  return {
    type: isPrefixed ? chosen.type.slice(TYPE_PREFIX.length) : chosen.type,
    detail: chosen.detail,
  }
}

const CODES: ReadonlyMap<string, CertificateErrorCode> = new Map([
  ['caa', 'caa'],
  ['dns', 'dns'],
  ['connection', 'connection'],
  ['rateLimited', 'rate_limited'],
  ['rejectedIdentifier', 'rejected_identifier'],
  ['unsupportedIdentifier', 'rejected_identifier'],
  ['unauthorized', 'unauthorized'],
  ['incorrectResponse', 'unauthorized'],
])

function codeOf(type: string, detail: string): CertificateErrorCode {
  const code = CODES.get(type) ?? 'unknown'
  // Why: Pebble calls a name without addresses a failed connection.
  if (code === 'connection' && detail.includes('could not resolve URL')) return 'dns'
  return code
}

type About = {
  readonly hostname: Hostname
  readonly acmeIssuer: string
  readonly type: string
}

const unknownWords = (_detail: string, { hostname, type }: About): string =>
  TYPE_WORDS.get(type)?.(hostname) ??
  `The CA refused a certificate for "${hostname}". Tell the operator of this server.`

const MESSAGES: Readonly<Record<CertificateErrorCode, (detail: string, about: About) => string>> = {
  caa: caaWords,
  dns: dnsWords,
  connection: connectionWords,
  rate_limited: rateLimitedWords,
  rejected_identifier: (_detail, { hostname }) =>
    `The CA issues no certificates for "${hostname}", by its own policy. ` +
    'Use another hostname, or ask the CA why this one is refused.',
  unauthorized: unauthorizedWords,
  // No CA says these two; they are ours.
  held_back: unknownWords,
  renewal_overdue: unknownWords,
  unknown: unknownWords,
}

const TYPE_WORDS: ReadonlyMap<string, (hostname: Hostname) => string> = new Map([
  [
    'tls',
    (hostname) =>
      `The CA was redirected to HTTPS while it validated "${hostname}", and could not make a TLS ` +
      'connection there. Make sure that plain HTTP on port 80 of every published address leads ' +
      'here.',
  ],
  [
    'accountDoesNotExist',
    (hostname) =>
      'The CA does not know the ACME account of this server, so there is no certificate for ' +
      `"${hostname}". This is for the operator of this server: restart a current Caddy, which ` +
      'makes a new account.',
  ],
  [
    'badNonce',
    (hostname) =>
      `The CA kept refusing the anti-replay nonces of this server's requests for "${hostname}". ` +
      "It is tried again without anybody's help.",
  ],
  [
    'serverInternal',
    (hostname) =>
      `The CA has trouble of its own, so there is no certificate for "${hostname}" yet. ` +
      "It is tried again without anybody's help.",
  ],
])

function caaWords(detail: string, { hostname, acmeIssuer }: About): string {
  const found = /CAA record for "?([a-z0-9.*-]{1,253}?)\.?"? prevents issuance/i.exec(detail)?.[1]
  const at = found?.toLowerCase() ?? hostname
  const record = `0 issue "${acmeIssuer}"`
  const apex = registrableDomain(hostname)
  if (at === apex) {
    return (
      `CAA at "${at}" does not allow "${acmeIssuer}". Add a CAA record ${record} at "${at}", ` +
      'beside the ones that are there.'
    )
  }
  if (apex !== undefined && !isAtOrUnder(at, apex)) {
    return (
      `CAA at "${at}" does not allow "${acmeIssuer}". Add a CAA record ${record} at "${apex}": ` +
      `it counts before the ones at "${at}", which belong to a registry.`
    )
  }
  // Why two ways: behind a CNAME the records stand at its target, where the customer has no say.
  return (
    `The CAA records that answer for "${at}" do not allow "${acmeIssuer}". If "${at}" is a ` +
    'CNAME, they stand where it leads: tell the operator of this server. Otherwise add ' +
    `${record} beside them.`
  )
}

function dnsWords(detail: string, { hostname }: About): string {
  const looked = /looking up (A|AAAA|CAA|TXT)\b/.exec(detail)?.[1]
  const isSecured = /DNSSEC|bogus/i.test(detail)
  if (isSecured) {
    return (
      `The CA found the DNSSEC signatures of "${hostname}" to be wrong. Put DNSSEC right at the ` +
      'DNS provider, or take the DS record out at the registrar.'
    )
  }
  if (looked === 'CAA') {
    return (
      `The CA could not look up the CAA records of "${hostname}". Have the DNS provider answer ` +
      'CAA questions for it and for the names above it; an empty answer is enough.'
    )
  }
  return (
    `The CA could not find the addresses of "${hostname}" in DNS. Make sure that its CNAME, or ` +
    "its A and AAAA records, lead here, and that the zone's name servers answer."
  )
}

function connectionWords(detail: string, { hostname }: About): string {
  const at = addressIn(detail)
  const where = at === undefined ? '' : ` at ${at}`
  const why = CONNECTION_FAILURES.find(([pattern]) => pattern.test(detail))?.[1]
  return (
    `The CA could not reach "${hostname}" on port 80${where}` +
    `${why === undefined ? '' : `: ${why}`}. Make sure that every A and AAAA record of it leads ` +
    'here, and remove those that do not. No firewall may keep port 80 closed to any country.'
  )
}

const CONNECTION_FAILURES: readonly (readonly [RegExp, string])[] = [
  [/timed? ?out|timeout|deadline exceeded/i, 'nothing answered in time'],
  [/refused/i, 'the connection was refused'],
  [/reset/i, 'the connection was cut'],
  [/unreachable|no route/i, 'there is no way to that network'],
]

function unauthorizedWords(detail: string, { hostname }: About): string {
  const at = addressIn(detail)
  const where = at === undefined ? '' : ` (${at})`
  return (
    `Something else answered at "${hostname}"${where} when the CA fetched its proof. Remove A ` +
    'and AAAA records that do not lead here, and switch off any proxy in front of it.'
  )
}

function rateLimitedWords(detail: string, { hostname }: About): string {
  const retryAt = retryTime(detail)
  const when = retryAt === undefined ? 'later' : `after ${describeInstant(retryAt)}`
  if (/temporarily prevented|paused/i.test(detail)) {
    return (
      `The CA has paused "${hostname}" because validating it failed too often. Put its DNS ` +
      'right; then the operator of this server has to resume it at the CA.'
    )
  }
  if (/failed authorizations/i.test(detail)) {
    return (
      `Validating "${hostname}" failed so often that the CA takes no more attempts for now. Make ` +
      `sure that its DNS leads here. It is tried again ${when}.`
    )
  }
  return `The CA limits how many certificates it issues. "${hostname}" is tried again ${when}.`
}

// Boulder begins with the address, Go's dialer names it with the port.
const ADDRESS =
  /^(?:During secondary validation: )?([0-9a-f.:]{3,45}): |dial tcp \[?([0-9a-f.:]{3,45}?)\]?:\d+:/i

function addressIn(detail: string): string | undefined {
  const match = ADDRESS.exec(detail)
  return match?.[1] ?? match?.[2] ?? /\[([0-9a-f.:]{3,45})\]/i.exec(detail)?.[1]
}

function retryTime(detail: string): EpochMs | undefined {
  const match = /retry after (\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:Z| UTC)/.exec(detail)
  if (match === null) return undefined
  const at = Date.parse(`${match[1]}T${match[2]}Z`)
  return Number.isNaN(at) ? undefined : at
}

function theCaSays(detail: string): string {
  return detail.trim() === '' ? '' : `The CA says: ${inQuotes(detail)}.`
}

/** Takes out of a CA's words the link by which a paused name is resumed: it is as good as a key. */
export function withoutResumeKey(text: string): string {
  return text.replaceAll(/([?&]jwt=)[^\s"&)]+/gi, '$1…')
}

function inQuotes(text: string): string {
  const shown = withoutResumeKey(text)
    .replaceAll(INVISIBLE, ' ')
    .replaceAll('"', "'")
    .replaceAll(/ {2,}/g, ' ')
    .trim()
  const words =
    shown.length > CA_WORDS_LENGTH_MAX ? `${shown.slice(0, CA_WORDS_LENGTH_MAX)}…` : shown
  return `"${words.toWellFormed().replace(/\.$/, '')}"`
}

// Control, format (bidi marks among them), unassigned; separators.
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu
