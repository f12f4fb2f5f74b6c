/** First label of the name of the TXT record that proves ownership, unless set otherwise. */
export const TXT_PREFIX_DEFAULT = '_fingerpost-verify'

/**
 * Tells whether `text` can stand before a hostname as the first label of the
 * TXT record's name: an underscore, so that it is nobody's hostname, then
 * lower-case letters, digits and inner hyphens, at most 63 octets in all.
 *
 * @see RFC 8552 section 1.1 (underscored names)
 */
export function isTxtPrefix(text: string): boolean {
  return /^_[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/.test(text)
}
