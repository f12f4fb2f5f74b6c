import type { VisitorKind } from '@fingerpost/model/click'

/**
 * Tells what kind of visit a request is. A HEAD asks where the link leads,
 * whoever sends it; what a browser fetches in advance may never be seen.
 *
 * @param purpose what `Sec-Purpose`, `Purpose` or `X-Moz` says
 * @param isBot whether the User-Agent names a program
 * @see the Fetch standard, "Sec-Purpose"
 */
export function visitorOf(
  method: string,
  purpose: string | undefined,
  isBot: boolean,
): VisitorKind {
  if (method === 'HEAD') return 'head'
  if (purpose !== undefined && PREFETCH.test(purpose)) return 'prefetch'
  return isBot ? 'bot' : 'human'
}

/** Tells whether a visitor asks not to be followed. @see Global Privacy Control, section 3.2 */
export function asksForPrivacy(dnt: string | undefined, secGpc: string | undefined): boolean {
  return dnt === '1' || secGpc === '1'
}

/**
 * Reads a country as a proxy's header or a GeoIP file gives it: ISO 3166-1
 * alpha-2 in upper case, empty when not known. `XX` and `ZZ` are what proxies
 * say for "not known"; two letters are all that is looked at.
 */
export function countryOf(text: string | undefined): string {
  if (text === undefined || !TWO_LETTERS.test(text)) return ''
  const country = text.toUpperCase()
  return country === 'XX' || country === 'ZZ' ? '' : country
}

const PREFETCH = /^\s*prefetch\b/i
const TWO_LETTERS = /^[a-z]{2}$/i
