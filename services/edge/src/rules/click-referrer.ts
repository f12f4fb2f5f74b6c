import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { registrableDomain } from '@fingerpost/model/registrable-domain'

/** What a Referer says of the page that led here. */
export type Referrer = {
  /** Undefined: no page of the web is named. */
  readonly hostname: Hostname | undefined
  /** Its registrable domain; empty: none. */
  readonly domain: string
}

const NO_REFERRER: Referrer = { hostname: undefined, domain: '' }

/**
 * Reads a Referer: the hostname of an `http` or `https` URL and its registrable
 * domain. An app, an address, a single label, and whatever is no URL count as none.
 *
 * @see RFC 9110 section 10.1.3
 */
export function readReferrer(referer: string): Referrer {
  const authority = AUTHORITY.exec(referer)?.[1]
  const hostname = authority === undefined ? undefined : canonicalHostname(authority)
  if (hostname === undefined) return NO_REFERRER
  const domain = registrableDomain(hostname)
  return domain === undefined ? NO_REFERRER : { hostname, domain }
}

/** What is counted as referrer on `hostname`: a page of the same hostname led nobody here. */
export function referrerOn(hostname: Hostname, referrer: Referrer): string {
  return referrer.hostname === hostname ? '' : referrer.domain
}

// Why at most 260: a hostname has 253 octets, and a dot and a port may follow.
const AUTHORITY = /^https?:\/\/(?:[^/?#@]{0,100}@)?([^/?#@]{1,260})(?:[/?#]|$)/i
