import { getServers, promises } from 'node:dns'
import { isIP } from 'node:net'
import { formatAddress, parseAddress, type Address } from '@fingerpost/chassis/environment'
import type { DurationMs } from '@fingerpost/model/time'

/** The port of DNS. */
export const DNS_PORT = 53

/** Most servers that are asked by default; a machine rarely has more than three of its own. */
export const DEFAULT_SERVERS_MAX = 5

/**
 * The public resolvers that are asked besides the system's own: Cloudflare's
 * and Google's. Both answer without filtering; a filtering one would report
 * names on its list as not existing.
 */
export const PUBLIC_DNS_SERVERS: readonly Address[] = [
  { host: '1.1.1.1', port: DNS_PORT },
  { host: '8.8.8.8', port: DNS_PORT },
]

/** The addresses of the resolvers that the system uses, as `ip` or `ip:port`. */
export function systemServerAddresses(): readonly string[] {
  return getServers()
}

/**
 * Gives all addresses of a name as every program of this machine sees them, the
 * hosts file included. What a check sees of DNS never comes from here.
 *
 * @throws an error of Node's when they cannot be told
 */
export async function systemAddresses(hostname: string): Promise<readonly string[]> {
  const addresses = await promises.lookup(hostname, { all: true })
  return addresses.map(({ address }) => address)
}

/** Whom `dnsAddresses` asks, and for how long. */
export type DnsAddressesOptions = {
  /** As Node names them: `ip` or `ip:port`. */
  readonly servers: readonly string[]
  readonly msMax: DurationMs
}

/**
 * Gives all addresses of a name by DNS alone, of either family in turn. Unlike
 * `systemAddresses`, of which a process can run two at once, names whose servers are
 * silent delay nothing else.
 *
 * @throws an error of Node's when neither family can be told
 */
export async function dnsAddresses(
  hostname: string,
  { servers, msMax }: DnsAddressesOptions,
): Promise<readonly string[]> {
  const resolver = new promises.Resolver()
  resolver.setServers(servers)
  const timer = setTimeout(() => resolver.cancel(), msMax)
  const [v4, v6] = await Promise.allSettled([
    resolver.resolve4(hostname),
    resolver.resolve6(hostname),
  ])
  clearTimeout(timer)
  if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason
  const [first, second] = [v4, v6].map((one) => (one.status === 'fulfilled' ? one.value : []))
  const count = Math.max(first?.length ?? 0, second?.length ?? 0)
  return Array.from({ length: count }, (_, n) => [first?.[n], second?.[n]])
    .flat()
    .filter((address) => address !== undefined)
}

/**
 * Gives the DNS servers that are asked when none are configured: the system's
 * resolvers and two public ones, each once.
 *
 * @param systemServers as Node names them: `ip` or `ip:port`, IPv6 in brackets with a port
 */
export function defaultDnsServers(systemServers: readonly string[]): readonly Address[] {
  const own = systemServers
    // Why: Node drops the zone, without which a link-local address leads nowhere.
    .filter((text) => !text.includes('%'))
    .flatMap((text) => (isIP(text) === 0 ? (parseAddress(text) ?? []) : [atDnsPort(text)]))
    .slice(0, DEFAULT_SERVERS_MAX - PUBLIC_DNS_SERVERS.length)
  const all = [...own, ...PUBLIC_DNS_SERVERS]
  return [...new Map(all.map((address) => [formatAddress(address), address])).values()]
}

function atDnsPort(host: string): Address {
  return { host, port: DNS_PORT }
}
