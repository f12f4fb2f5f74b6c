import { canonicalHostname } from '@fingerpost/model/hostname'

/** Longest mail address. @see RFC 5321 section 4.5.3.1.3 (the path, without its brackets) */
export const MAIL_ADDRESS_LENGTH_MAX = 254

// Why no quoted local parts: nobody has one, and its characters could leave a header line.
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const LOCAL_PART_LENGTH_MAX = 64

/**
 * Reads a mail address: a plain local part, and a hostname in A-labels, which is
 * folded. Undefined: it is none that mail can be sent to from here.
 *
 * @see RFC 5321 section 4.1.2 (`Dot-string`)
 */
export function parseMailAddress(text: string): string | undefined {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, Math.max(at, 0))
  if (local.length > LOCAL_PART_LENGTH_MAX || !LOCAL_PART.test(local)) return undefined
  const domain = text.slice(at + 1).toLowerCase()
  // Why compared: a host header may have a port and a trailing dot, a mail address not.
  if (canonicalHostname(domain) !== domain) return undefined
  const address = `${local}@${domain}`
  return address.length > MAIL_ADDRESS_LENGTH_MAX ? undefined : address
}
