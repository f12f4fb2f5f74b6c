import { canonicalHostname, type Hostname } from './hostname.ts'
import { quoted } from './quote.ts'
import { slugFromRequestTarget, type Slug } from './slug.ts'

declare const destinationBrand: unique symbol

/** An absolute http or https URL in the URL parser's serialisation: ASCII, no credentials. */
export type Destination = string & { readonly [destinationBrand]: true }

/** Why a text is refused as a destination. */
export type DestinationProblem =
  | 'empty'
  | 'too_long'
  | 'control_character'
  | 'not_absolute'
  | 'scheme_not_allowed'
  | 'credentials'
  | 'unusable_host'

/** A destination, or the reason why the text is none, with a sentence for people. */
export type ParsedDestination =
  | { readonly ok: true; readonly destination: Destination }
  | { readonly ok: false; readonly problem: DestinationProblem; readonly message: string }

/** Longest destination in octets, measured on its serialisation. */
export const DESTINATION_OCTETS_MAX = 8192

/**
 * Reads the URL that a link sends people to.
 *
 * The serialisation is stored, never the text as typed: it is ASCII, so it can
 * stand in a `Location` header, and a second reading gives the same URL.
 *
 * @see WHATWG URL section 4.4 (parsing), RFC 9110 section 10.2.2 (Location)
 */
export function parseDestination(text: string): ParsedDestination {
  if (text === '') return refuse('empty', text)
  if (text.length > DESTINATION_OCTETS_MAX) return refuse('too_long', text)
  // Why before parsing: the parser drops tabs and line feeds, and trims C0 and
  // spaces, so that "java\nscript:" would arrive as another scheme.
  if (/[\p{Cc}\u2028\u2029]/u.test(text) || text.trim() !== text) {
    return refuse('control_character', text)
  }
  if (!URL.canParse(text)) {
    return refuse(/^https?:/i.test(text) ? 'unusable_host' : 'not_absolute', text)
  }
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return refuse('scheme_not_allowed', text)
  }
  // Why the slashes too: "https:example.com" parses, but nobody means it.
  if (!/^https?:\/\/[^/\\]/i.test(text)) return refuse('not_absolute', text)
  if (url.username !== '' || url.password !== '') return refuse('credentials', text)
  if (url.href.length > DESTINATION_OCTETS_MAX) return refuse('too_long', text)
  return { ok: true, destination: url.href as Destination }
}

/**
 * Tells whether a destination is the link itself, so that a visitor would go
 * round in a circle. The scheme, the port, the query and the spelling of the
 * hostname and slug make no difference.
 */
export function isOwnAddress(destination: Destination, hostname: Hostname, slug: Slug): boolean {
  const url = new URL(destination)
  return (
    canonicalHostname(url.hostname) === hostname && slugFromRequestTarget(url.pathname) === slug
  )
}

const PROBLEM_WORDS: Readonly<Record<DestinationProblem, string>> = {
  empty: 'is empty; give an absolute URL such as "https://example.com/page".',
  too_long: `is longer than ${DESTINATION_OCTETS_MAX} octets.`,
  control_character: 'contains a control character, or white space at its ends.',
  not_absolute: 'is not absolute; give a URL such as "https://example.com/page".',
  scheme_not_allowed: 'has a scheme other than "http" and "https".',
  credentials: 'contains a user name or password, which every visitor would see.',
  unusable_host: 'has a host or port that is not usable.',
}

function refuse(problem: DestinationProblem, text: string): ParsedDestination {
  // Why: messages reach logs, and what stands before an "@" may be a password.
  const shown = text.includes('@') ? '(not shown)' : quoted(text)
  return { ok: false, problem, message: `Destination ${shown} ${PROBLEM_WORDS[problem]}` }
}
