import { formatAddress } from '@fingerpost/chassis/environment'
import type { Clock } from '@fingerpost/chassis/clock'
import type { Hostname } from '@fingerpost/model/hostname'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { DnsAnswer, DnsType } from '../rules/dns-answer.ts'
import {
  agreedValues,
  ASKED_AUTHORITIES_MAX,
  ZONE_FAILURE_KEPT_MS,
  ZONE_SERVERS_MAX,
  zoneNames,
  type Agreed,
} from '../rules/zone-walk.ts'
import { askServer, type DnsPatience } from './dns-client.ts'
import type { DnsServer } from './resolver.ts'
import { ServerGate, type GateLimits } from './server-gate.ts'
import { TimedCache } from './timed-cache.ts'
import { UdpSockets } from './udp-sockets.ts'

/** A zone with some of its own name servers. */
export type Zone = { readonly name: string; readonly servers: readonly DnsServer[] }

/** Finds the name servers that speak for a hostname. */
export type FindZone = (hostname: Hostname) => Promise<Zone | undefined>

/** How patiently a zone's own server is asked: there are others, and the resolvers. */
export const AUTHORITY_PATIENCE: DnsPatience = { tryMs: 1_000, tries: 2, lookupMsMax: 3_000 }

/** How long finding the servers of a zone may take. */
export const WALK_MS_MAX: DurationMs = 5_000

/** Questions at once to one of a zone's own servers: it is somebody else's. */
export const AUTHORITY_LIMITS: GateLimits = {
  inFlightMax: 16,
  waitingMax: 500,
  waitMsMax: AUTHORITY_PATIENCE.lookupMsMax,
}

/** How long a server that was silent is left alone: a check does not wait for it each time. */
export const SILENT_SERVER_REST_MS: DurationMs = 60_000

const ZONES_MAX = 200_000
const NAME_SERVERS_MAX = 50_000

/** What finding and asking a zone's own servers needs. */
export type AuthoritiesDeps = {
  /** They are asked who the servers are. */
  readonly resolvers: readonly DnsServer[]
  readonly port: number
  readonly patience: DnsPatience
  readonly clock: Pick<Clock, 'now'>
  readonly mayAsk: (ip: string) => boolean
  readonly random: () => number
}

type Cut = { readonly name: string; readonly nameServers: readonly string[] }

/** Knows which name servers speak for which names, and asks them. */
export class Authorities {
  readonly #deps: AuthoritiesDeps
  readonly #sockets = new UdpSockets(undefined)
  readonly #cuts: TimedCache<Cut | 'unknown'>
  readonly #addresses: TimedCache<readonly string[]>
  readonly #resting: TimedCache<true>
  readonly #walks = new Map<string, Promise<Cut | 'unknown'>>()
  readonly #lookups = new Map<string, Promise<readonly string[]>>()
  readonly #gates = new Map<string, ServerGate>()

  constructor(deps: AuthoritiesDeps) {
    const now = (): EpochMs => deps.clock.now()
    this.#deps = deps
    this.#cuts = new TimedCache(ZONES_MAX, now)
    this.#addresses = new TimedCache(NAME_SERVERS_MAX, now)
    this.#resting = new TimedCache(NAME_SERVERS_MAX, now)
  }

  /** Gives a hostname's zone with a few of its servers, others each time; undefined: not found. */
  async find(hostname: Hostname): Promise<Zone | undefined> {
    const cut =
      this.#cuts.get(hostname) ?? (await once(this.#walks, hostname, () => this.#walk(hostname)))
    if (cut === 'unknown') return undefined
    const lists = await Promise.all(cut.nameServers.map((name) => this.#addressesOf(name)))
    const all = [...new Set(lists.flat())].filter((ip) => this.#resting.get(ip) === undefined)
    if (all.length === 0) return undefined
    const chosen = shuffled(all, this.#deps.random).slice(0, ASKED_AUTHORITIES_MAX)
    return { name: cut.name, servers: chosen.map((ip) => this.#serverAt(ip)) }
  }

  async #walk(hostname: Hostname): Promise<Cut | 'unknown'> {
    const signal = AbortSignal.timeout(WALK_MS_MAX)
    for (const name of zoneNames(hostname)) {
      const agreed = await this.#askAll(name, 'NS', signal)
      if (agreed.kind === 'failed') break
      if (agreed.kind === 'none') continue
      const nameServers = shuffled(agreed.values, this.#deps.random).slice(0, ZONE_SERVERS_MAX)
      const cut = { name, nameServers }
      this.#cuts.set(hostname, cut, agreed.keptMs)
      return cut
    }
    this.#cuts.set(hostname, 'unknown', ZONE_FAILURE_KEPT_MS)
    return 'unknown'
  }

  async #addressesOf(nameServer: string): Promise<readonly string[]> {
    const known = this.#addresses.get(nameServer)
    if (known !== undefined) return known
    return once(this.#lookups, nameServer, () => this.#lookUpAddresses(nameServer))
  }

  async #lookUpAddresses(nameServer: string): Promise<readonly string[]> {
    const signal = AbortSignal.timeout(WALK_MS_MAX)
    const [v4, v6] = await Promise.all([
      this.#askAll(nameServer, 'A', signal),
      this.#askAll(nameServer, 'AAAA', signal),
    ])
    const usable = (agreed: Agreed): readonly string[] =>
      agreed.kind === 'found' ? agreed.values.filter(this.#deps.mayAsk) : []
    // Why IPv4 first: many machines have no route for IPv6, and would wait for nothing.
    const chosen = usable(v4).length > 0 ? usable(v4) : usable(v6)
    const addresses = chosen.slice(0, ZONE_SERVERS_MAX)
    const kept = [v4, v6].flatMap((agreed) => (agreed.kind === 'found' ? [agreed.keptMs] : []))
    const isTold = addresses.length > 0 && v4.kind !== 'failed' && v6.kind !== 'failed'
    const keptMs = Math.min(...kept, ...(isTold ? [] : [ZONE_FAILURE_KEPT_MS]))
    this.#addresses.set(nameServer, addresses, keptMs)
    return addresses
  }

  async #askAll(name: string, type: DnsType, signal: AbortSignal): Promise<Agreed> {
    const { resolvers } = this.#deps
    return agreedValues(await Promise.all(resolvers.map((each) => each.lookup(name, type, signal))))
  }

  #serverAt(ip: string): DnsServer {
    const server = { host: ip, port: this.#deps.port }
    const ask = async (name: string, type: DnsType, signal: AbortSignal): Promise<DnsAnswer> => {
      const exchange = { server, name, type, isRecursive: false }
      const deps = { ...this.#deps, sockets: this.#sockets }
      return (
        (await this.#throughGate(ip, () => askServer(exchange, signal, deps), signal)) ?? {
          kind: 'failed',
          failure: 'timeout',
        }
      )
    }
    return {
      name: formatAddress(server),
      lookup: async (name, type, signal) => {
        const answer = await ask(name, type, signal)
        if (isSilent(answer) && !signal.aborted) this.#resting.set(ip, true, SILENT_SERVER_REST_MS)
        return withAuthority(answer)
      },
    }
  }

  async #throughGate<T>(
    ip: string,
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const gate = this.#gates.get(ip) ?? new ServerGate(AUTHORITY_LIMITS)
    this.#gates.set(ip, gate)
    try {
      return await gate.pass(work, signal)
    } finally {
      if (gate.isIdle) this.#gates.delete(ip)
    }
  }
}

// Why: checks of many hostnames of one zone begin at the same time.
async function once<T>(
  running: Map<string, Promise<T>>,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  const known = running.get(key)
  if (known !== undefined) return known
  const promise = work().finally(() => running.delete(key))
  running.set(key, promise)
  return promise
}

function isSilent(answer: DnsAnswer): boolean {
  if (answer.kind !== 'failed') return false
  return answer.failure === 'timeout' || answer.failure === 'unreachable'
}

/** Takes away what a server says without speaking for the zone: it only repeats others. */
function withAuthority(answer: DnsAnswer): DnsAnswer {
  const { kind, details } = answer
  if (kind === 'failed' || details === undefined || details.isAuthoritative) return answer
  return { kind: 'failed', failure: 'lame', details }
}

function shuffled<T>(values: readonly T[], random: () => number): readonly T[] {
  return values
    .map((value) => ({ value, order: random() }))
    .toSorted((one, other) => one.order - other.order)
    .map(({ value }) => value)
}
