import { getServers, promises } from 'node:dns'
import { isIP } from 'node:net'
import { formatAddress, parseAddress, type Address } from '@fingerpost/chassis/environment'

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
