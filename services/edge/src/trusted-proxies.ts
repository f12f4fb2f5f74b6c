import { BlockList, isIP } from 'node:net'
import type { AddressTrust } from './rules/forwarded.ts'

/** A network whose addresses are proxies that may be believed, for example `10.0.0.0/8`. */
export type ProxyNetwork = {
  readonly address: string
  /** How many of its first bits count. */
  readonly prefixBits: number
}

/** Reads an address or a network in CIDR notation, or gives undefined. @see RFC 4632 section 3.1 */
export function parseProxyNetwork(text: string): ProxyNetwork | undefined {
  const match = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text)
  const address = match?.[1] ?? ''
  const bits = { 0: undefined, 4: 32, 6: 128 }[isIP(address)]
  if (bits === undefined) return undefined
  const prefixBits = match?.[2] === undefined ? bits : Number(match[2])
  return prefixBits <= bits ? { address, prefixBits } : undefined
}

/** Tells whose word counts. An IPv4 address mapped into IPv6 is the IPv4 address. */
export class TrustedProxies {
  readonly #networks = new BlockList()

  constructor(networks: readonly ProxyNetwork[]) {
    for (const { address, prefixBits } of networks) {
      this.#networks.addSubnet(address, prefixBits, isIP(address) === 4 ? 'ipv4' : 'ipv6')
    }
  }

  trustOf(address: string): AddressTrust {
    const family = isIP(address)
    if (family === 0) return 'no_address'
    const isTrusted = this.#networks.check(address, family === 4 ? 'ipv4' : 'ipv6')
    return isTrusted ? 'trusted' : 'not_trusted'
  }
}
