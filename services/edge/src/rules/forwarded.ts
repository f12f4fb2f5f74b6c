/** What is known of a text that should be an IP address. */
export type AddressTrust = 'trusted' | 'not_trusted' | 'no_address'

/**
 * Gives the address of the visitor: the connection's other end or, when that is
 * a trusted proxy, what it says in `X-Forwarded-For`, read from right to left up
 * to the first address that is not a trusted proxy itself. Everything further
 * left was said by somebody who may say anything.
 *
 * Undefined when a trusted proxy names no address, or too many proxies stand in a row.
 *
 * @param trustOf what is known of an address, as `plainAddress` writes it
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  trustOf: (address: string) => AddressTrust,
): string | undefined {
  if (peer === undefined) return undefined
  let address = plainAddress(peer)
  let end = forwardedFor?.length ?? 0
  for (let hop = 0; hop < HOPS_MAX; hop += 1) {
    const trust = trustOf(address)
    if (trust === 'no_address') return undefined
    if (trust === 'not_trusted' || forwardedFor === undefined || end <= 0) return address
    const start = forwardedFor.lastIndexOf(',', end - 1) + 1
    address = plainAddress(forwardedFor.slice(start, end))
    end = start - 1
  }
  return undefined
}

/**
 * Writes an address as itself: without port, brackets, zone and spaces, and an
 * IPv4 address that was mapped into IPv6 as IPv4.
 *
 * @see RFC 7239 section 6, RFC 4291 section 2.5.5.2
 */
export function plainAddress(text: string): string {
  const address = text.trim()
  const bare = WITH_PORT_V4.exec(address)?.[1] ?? BRACKETED.exec(address)?.[1] ?? address
  return MAPPED.exec(bare)?.[1] ?? bare.replace(ZONE, '')
}

/** More proxies in a row than anybody has. */
const HOPS_MAX = 16
const WITH_PORT_V4 = /^(\d+\.\d+\.\d+\.\d+):\d+$/
const BRACKETED = /^\[([^\]]*)\](?::\d+)?$/
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i
const ZONE = /%.*$/
