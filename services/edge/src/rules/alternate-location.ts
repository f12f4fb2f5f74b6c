import type { Hostname } from '@fingerpost/model/hostname'

/**
 * Gives where a redirecting alternate sends a request: to the same path and
 * query on its primary.
 *
 * Whatever the path is, it cannot lead to another host: the request target
 * begins with a slash, which ends the authority of the URL.
 *
 * @param requestTarget origin-form, as received; octets beyond ASCII as
 *   Latin-1 characters, which is what Node gives
 * @see RFC 3986 section 3.2 (where the authority ends)
 */
export function alternateLocation(primary: Hostname, requestTarget: string): string {
  const fragmentAt = requestTarget.indexOf('#')
  const target = fragmentAt === -1 ? requestTarget : requestTarget.slice(0, fragmentAt)
  if (!target.startsWith('/')) return `https://${primary}/`
  return `https://${primary}${target.replaceAll(NOT_VISIBLE_ASCII, encodedOctet)}`
}

// What a header must not contain, or may be read in another way by each client.
const NOT_VISIBLE_ASCII = /[^\x21-\x7e]/g

function encodedOctet(octet: string): string {
  return `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
