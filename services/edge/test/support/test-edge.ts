import { setImmediate } from 'node:timers/promises'
import { createLogger } from '@fingerpost/chassis/logger'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { listen } from '@fingerpost/chassis/listen'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { ProbeProof } from '@fingerpost/contract/probe-proof'
import type { DurationMs } from '@fingerpost/model/time'
import type { ServedDomain, ServedLink } from '@fingerpost/model/link'
import { createEdgeServer, type PreparedRedirect } from '../../src/app.ts'
import type { Said } from '../../src/clicks/said.ts'
import { readEdgeConfig } from '../../src/config.ts'
import {
  lookupLimitsOf,
  CHANGE_MEMORY_BITS,
  CHANGE_STREAM_BACKOFF,
  CORE_BREAKER_LIMITS,
} from '../../src/limits.ts'
import { acknowledger } from '../../src/lookup/acknowledger.ts'
import { followChanges } from '../../src/lookup/change-follower.ts'
import { ChangeMemory } from '../../src/lookup/change-memory.ts'
import { CoreTier } from '../../src/lookup/core-tier.ts'
import { LinkLookup, type LookupLimits } from '../../src/lookup/link-lookup.ts'
import { EdgeMetrics } from '../../src/metrics.ts'
import { PreparedAnswers } from '../../src/prepared-answers.ts'
import { SERVER_LIMITS, type ServerLimits } from '../../src/server-limits.ts'

/** What a test edge's probes are made of. */
export const PROBE_SECRET = 'the secret of a test edge'

/** The limits that count when nothing is set, but with a lifetime of a minute. */
export const DEFAULT_LIMITS: LookupLimits = lookupLimitsOf(
  readEdgeConfig({ EDGE_L1_TTL_MS: '60000' }),
)

type Clicked = Pick<Said, 'method' | 'userAgent'> & {
  readonly domain: ServedDomain
  readonly link: ServedLink
}

/** Starts an edge on a free port, with core and both clocks in the test's hands. */
export async function startTestEdge(
  limits: LookupLimits = DEFAULT_LIMITS,
  serverLimits: ServerLimits = SERVER_LIMITS,
) {
  const clock = new FakeClock(1_800_000_000_000)
  const core = new FakeCore({ now: () => clock.now() })
  const metrics = new EdgeMetrics()
  const uptimeMs = (): number => clock.now()
  const errors: string[] = []
  const log = createLogger('edge', 'error', { write: (line) => errors.push(line) })

  const lookup = new LinkLookup(limits, {
    tier: new CoreTier(CORE_BREAKER_LIMITS, {
      core,
      uptimeMs,
      onOutcome: (outcome) => metrics.countCoreLookup(outcome),
      onRest: () => undefined,
    }),
    memory: new ChangeMemory(CHANGE_MEMORY_BITS),
    uptimeMs,
    events: metrics.lookupEvents,
  })
  metrics.watchLookup(lookup)
  const clicked: Clicked[] = []
  const clicks = {
    count: (domain: ServedDomain, link: ServedLink, said: Said) =>
      void clicked.push({ domain, link, method: said.method, userAgent: said.userAgent }),
  }
  const stop = new AbortController()
  const telling = acknowledger('edge-1', { core, onFailed: () => undefined })
  metrics.watchAcknowledger(telling)
  const following = followChanges(
    { edgeId: 'edge-1', backoff: CHANGE_STREAM_BACKOFF, signal: stop.signal },
    {
      core,
      target: lookup,
      clock,
      random: () => 0.5,
      acknowledger: telling,
      onLag: (lagMs) => metrics.observeChangeLag(lagMs),
      onConnected: () => undefined,
      onLost: () => undefined,
      onFailed: () => undefined,
    },
  )
  const server = createEdgeServer(serverLimits, {
    lookup,
    prepared: new PreparedAnswers<PreparedRedirect>({ countMax: 1_000, octetsMax: 1_000_000 }),
    countryHeader: '',
    clicks,
    probe: new ProbeProof(PROBE_SECRET),
    metrics,
    log,
    now: () => clock.now(),
    uptimeMs,
    isDraining: () => false,
  })
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'TEST')
  await until(() => lookup.isConnected)

  return {
    core,
    clock,
    lookup,
    metrics,
    server,
    port,
    /** Every redirect to a link that was counted. */
    clicked,
    /** What was logged as an error. */
    errors,
    /** Lets time pass on which the change stream was never silent. */
    async advance(ms: DurationMs) {
      await clock.advance(ms)
      core.beat()
      await until(() => lookup.isConnected)
    },
    /** Waits until every change that core has made is applied. */
    caughtUp: () => until(() => lookup.sequence === core.sequence),
    /** Reads one sample of a scrape; 0 when there is none. */
    async sample(name: string): Promise<number> {
      const { text } = await metrics.all.scrape()
      const line = text.split('\n').find((candidate) => candidate.startsWith(`fingerpost_${name} `))
      return Number(line?.split(' ').at(-1) ?? 0)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await following
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      await closed.promise
    },
  }
}

const TURNS_MAX = 100_000

/** Lets the event loop turn until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    if (isSo()) return
    await setImmediate()
  }
  throw new Error(`Not so after ${TURNS_MAX} turns of the event loop: ${String(isSo)}`)
}
