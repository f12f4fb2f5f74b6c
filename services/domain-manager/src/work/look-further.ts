import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { ProbeProof } from '@fingerpost/contract/probe-proof'
import type { EpochMs } from '@fingerpost/model/time'
import { lookAtCaa, registryCaa } from '../caa/look-at-caa.ts'
import type { DomainManagerConfig } from '../config.ts'
import type { DnsServer } from '../dns/resolver.ts'
import { PROBE_LIMITS, probeRouting } from '../probe/probe-routing.ts'
import type { DnsAnswer } from '../rules/dns-answer.ts'
import { isMajority } from '../rules/majority.ts'
import type { CheckDeps } from './check-domain.ts'

/** Ports at which a CA follows redirects; a probe does the same. */
const REDIRECT_PORTS = [80, 443]

/** What the looks besides DNS need. */
export type FurtherDeps = {
  readonly servers: readonly DnsServer[]
  /** The installation's secret, from which the edge makes its proof, too. */
  readonly secret: string
  readonly countLookup: (server: string, answer: DnsAnswer) => void
}

/** Gives the looks that a check takes besides DNS: the HTTP probe, and CAA. */
export function furtherLooks(
  config: DomainManagerConfig,
  { servers, secret, countLookup }: FurtherDeps,
): Pick<CheckDeps, 'probe' | 'lookAtCaa'> {
  const now = (): EpochMs => SYSTEM_CLOCK.now()
  const { probeHttpPort: httpPort, probeAllowPrivate: allowPrivate } = config
  const probe = {
    proof: new ProbeProof(secret),
    httpPort,
    // Why Caddy's as well: where private addresses are allowed, it listens on another port.
    redirectPorts: allowPrivate
      ? [...REDIRECT_PORTS, httpPort, config.caddyTlsAddress.port]
      : [...REDIRECT_PORTS, httpPort],
    allowPrivate,
    limits: PROBE_LIMITS,
    lookup: (hostname: string, signal: AbortSignal) => addressesOf(hostname, signal, servers),
    now,
  }
  const caa = {
    servers,
    policy: { issuer: config.acmeIssuer, accountUri: config.acmeAccountUri },
    registries: registryCaa(now),
    countLookup,
    now,
  }
  return {
    probe: (domain, signal) => probeRouting(domain, signal, probe),
    lookAtCaa: (domain, signal) => lookAtCaa(domain, signal, caa),
  }
}

/**
 * Gives the addresses of a hostname as the first server knows them that has any;
 * undefined when none has, and not most of them say for certain that there is none.
 */
export async function addressesOf(
  hostname: string,
  signal: AbortSignal,
  servers: readonly DnsServer[],
): Promise<readonly string[] | undefined> {
  let denying = 0
  for (const server of servers) {
    const answers = await Promise.all([
      server.lookup(hostname, 'A', signal),
      server.lookup(hostname, 'AAAA', signal),
    ])
    const found = answers.flatMap((answer) => (answer.kind === 'found' ? answer.values : []))
    if (found.length > 0) return found
    if (answers.every(({ kind }) => kind !== 'failed')) denying += 1
  }
  return isMajority(denying, servers.length) ? [] : undefined
}
