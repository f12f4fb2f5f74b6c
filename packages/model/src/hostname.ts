import { domainToASCII, domainToUnicode } from 'node:url'
import { getPublicSuffix } from 'tldts'
import { quoted } from './quote.ts'

declare const hostnameBrand: unique symbol

/**
 * A DNS name as a browser puts it in `Host`: lower case, A-labels, at least two
 * labels, no port, no trailing dot. Only `parseHostname` and
 * `canonicalHostname` make one.
 */
export type Hostname = string & { readonly [hostnameBrand]: true }

/** Why a text is refused as a customer's hostname. */
export type HostnameProblem =
  | 'empty'
  | 'not_a_hostname'
  | 'ip_address'
  | 'wildcard'
  | 'underscore'
  | 'single_label'
  | 'label_too_long'
  | 'name_too_long'
  | 'invalid_a_label'
  | 'public_suffix'
  | 'under_public_target'

/** A hostname, or the reason why the text is none, with a sentence for people. */
export type ParsedHostname =
  | { readonly ok: true; readonly hostname: Hostname }
  | { readonly ok: false; readonly problem: HostnameProblem; readonly message: string }

/** Longest name in octets, without the trailing dot. @see RFC 1035 section 2.3.4 */
export const HOSTNAME_OCTETS_MAX = 253

/** Longest label in octets. @see RFC 1035 section 2.3.4 */
export const LABEL_OCTETS_MAX = 63

// Why far above 253: U-labels take up to 4 octets a character and shrink to A-labels.
const TEXT_LENGTH_MAX = 1024

/**
 * Reads the hostname that a customer wants to bring.
 *
 * Converts U-labels to A-labels and folds case, and takes one trailing dot
 * away. Refuses what could never be issued a certificate or would let one
 * customer claim others' names: addresses, wildcards, public suffixes (private
 * section included) and names at or under the operator's own CNAME target.
 *
 * @param publicTarget the operator's CNAME target, or undefined when unset
 * @see RFC 1123 section 2.1, RFC 5890 section 2.3.2.1, publicsuffix.org
 */
export function parseHostname(text: string, publicTarget: string | undefined): ParsedHostname {
  const refuse = (problem: HostnameProblem): ParsedHostname => ({
    ok: false,
    problem,
    message: `Hostname ${quoted(text)} ${PROBLEM_WORDS[problem]}`,
  })

  if (text === '' || text === '.') return refuse('empty')
  if (text.length > TEXT_LENGTH_MAX) return refuse('name_too_long')
  const withoutDot = text.endsWith('.') ? text.slice(0, -1) : text
  if (withoutDot.includes('*')) return refuse('wildcard')
  if (withoutDot.includes('_')) return refuse('underscore')
  if (ADDRESS_WITH_COLON.test(withoutDot)) return refuse('ip_address')
  const ascii = toAsciiName(withoutDot)
  if (ascii === undefined) return refuse('not_a_hostname')
  const problem = problemOfAsciiName(ascii)
  if (problem !== undefined) return refuse(problem)
  if (getPublicSuffix(ascii, { allowPrivateDomains: true }) === ascii) {
    return refuse('public_suffix')
  }
  if (publicTarget !== undefined && isAtOrUnder(ascii, publicTarget)) {
    return refuse('under_public_target')
  }
  return { ok: true, hostname: ascii as Hostname }
}

/**
 * Gives the hostname that a request's `Host` header or a server name (SNI)
 * names, or undefined when it can name no domain of ours. Takes a port and one
 * trailing dot away and folds case; refuses whatever is not ASCII. Never looks
 * at the public suffix list: a name that no domain may have is simply not found.
 *
 * @see RFC 9110 section 7.2 (Host), RFC 6066 section 3 (server name)
 */
export function canonicalHostname(header: string): Hostname | undefined {
  const match = /^([a-z0-9.-]+?)\.?(?::\d{0,5})?$/i.exec(header)
  const name = match?.[1]?.toLowerCase()
  if (name === undefined || problemOfAsciiName(name) !== undefined) return undefined
  return name as Hostname
}

/** Tells whether `name` is `ancestor` itself or a name below it; both canonical. */
export function isAtOrUnder(name: string, ancestor: string): boolean {
  return name === ancestor || name.endsWith(`.${ancestor}`)
}

const PROBLEM_WORDS: Readonly<Record<HostnameProblem, string>> = {
  empty: 'is empty; give a name such as "links.example.com".',
  not_a_hostname:
    'is not a DNS name; give a name such as "links.example.com", without scheme, port or path.',
  ip_address: 'is an IP address; a domain needs a DNS name such as "links.example.com".',
  wildcard: 'is a wildcard; add each hostname by itself.',
  underscore: 'contains an underscore, which no certificate may contain; choose another name.',
  single_label: 'has a single label; give a full name such as "links.example.com".',
  label_too_long: `has a label of more than ${LABEL_OCTETS_MAX} octets; choose a shorter one.`,
  name_too_long: `is longer than ${HOSTNAME_OCTETS_MAX} octets; choose a shorter name.`,
  invalid_a_label: 'contains a label that begins with "xn--" or has "--" there but is no A-label.',
  public_suffix: 'is a public suffix under which others register; give a name below it.',
  under_public_target: 'belongs to the operator of this server; use a hostname of your own.',
}

// IPv6, in brackets or with two colons at least, and IPv4 with a port.
const ADDRESS_WITH_COLON = /^(?:\[.*\](?::\d*)?|[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*|[\d.]+:\d*)$/i

// Letters, digits, hyphens, dots, and what domainToASCII does not drop without a
// word. The two joiners it refuses where no script needs them.
const VISIBLE_NAME =
  /^(?:[a-z0-9.-]|\u200c|\u200d|[^\p{ASCII}\p{Default_Ignorable_Code_Point}])+$/iu

function toAsciiName(text: string): string | undefined {
  // Why checked before domainToASCII: it strips paths, decodes percent signs and
  // drops invisible characters without a word ("example.com/x" becomes "example.com").
  if (!VISIBLE_NAME.test(text)) return undefined
  if (isAscii(text)) return text.toLowerCase()
  const ascii = domainToASCII(text)
  return ascii === '' ? undefined : ascii
}

function problemOfAsciiName(name: string): HostnameProblem | undefined {
  if (name.length > HOSTNAME_OCTETS_MAX) return 'name_too_long'
  const labels = name.split('.')
  for (const label of labels) {
    if (label.length > LABEL_OCTETS_MAX) return 'label_too_long'
    if (!/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label)) return 'not_a_hostname'
  }
  // Why any all-digit last label: URL parsers read such names as IPv4 addresses.
  if (/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name)) return 'ip_address'
  if (labels.length < 2) return 'single_label'
  if (labels.some((label) => label.slice(2, 4) === '--' && !isALabel(label))) {
    return 'invalid_a_label'
  }
  return undefined
}

function isALabel(label: string): boolean {
  // Why by way of the U-label: domainToASCII lets any ASCII label through as it is.
  const unicode = domainToUnicode(label)
  return unicode !== label && domainToASCII(unicode) === label
}

function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text)
}
