import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import type { DomainManagerConfig } from '../config.ts'
import { Authorities, AUTHORITY_PATIENCE } from '../dns/authorities.ts'
import { DNS_PATIENCE, dnsResolver } from '../dns/dns-client.ts'
import type { DnsServer } from '../dns/resolver.ts'
import { defaultDnsServers, systemServerAddresses } from '../dns/system-servers.ts'
import { lookupOutcome, type DomainManagerMetrics } from '../metrics.ts'
import { isPublicAddress } from '../outgoing/public-address.ts'
import type { ObserveDeps } from './observe-domain.ts'

/** Gives what looking at DNS needs: the configured resolvers, and who finds the zones' servers. */
export function observeDepsOf(
  config: DomainManagerConfig,
  metrics: Pick<DomainManagerMetrics, 'dnsLookups'>,
): Omit<ObserveDeps, 'wantsAddresses'> {
  const clock = SYSTEM_CLOCK
  const addresses = config.dnsServers ?? defaultDnsServers(systemServerAddresses())
  const servers = addresses.map((each) => dnsResolver(each, { patience: DNS_PATIENCE, clock }))
  const countLookup: ObserveDeps['countLookup'] = (server, answer) =>
    metrics.dnsLookups.inc({ server, outcome: lookupOutcome(answer) })
  const authorities = new Authorities({
    resolvers: servers.map((server) => counted(server, countLookup)),
    port: config.authorityPort,
    patience: AUTHORITY_PATIENCE,
    clock,
    mayAsk: (ip) => config.probeAllowPrivate || isPublicAddress(ip),
    random: Math.random,
  })
  const [mistakesServer] = servers
  return {
    servers,
    findZone: (hostname) => authorities.find(hostname),
    ...(mistakesServer && { mistakesServer }),
    txtPrefix: config.txtPrefix,
    publicTarget: config.publicTarget,
    now: () => clock.now(),
    countLookup,
  }
}

function counted(server: DnsServer, count: ObserveDeps['countLookup']): DnsServer {
  return {
    name: server.name,
    async lookup(name, type, signal) {
      const answer = await server.lookup(name, type, signal)
      count(server.name, answer)
      return answer
    },
  }
}
