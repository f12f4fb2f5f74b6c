import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { createLogger, type Logger } from '@fingerpost/chassis/logger'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { NO_OBSERVATIONS } from '@fingerpost/model/domain-check'
import type { DueDomain } from '@fingerpost/contract/core-api'
import type { FindZone } from '../src/dns/authorities.ts'
import type { DnsServer } from '../src/dns/resolver.ts'
import type { CheckSettings } from '../src/rules/check-decision.ts'
import { checkDomain } from '../src/work/check-domain.ts'
import { runCheckLoop } from '../src/work/check-loop.ts'
import { observeDomain } from '../src/work/observe-domain.ts'

/** Some Friday, far from 0. */
export const START = Date.UTC(2026, 10, 20)

/** The default settings. */
export const SETTINGS: CheckSettings = {
  healthIntervalMs: 15 * 60_000,
  confirmMs: 60_000,
  graceMs: 7 * 86_400_000,
}

/** Core, a clock and check loops, with DNS servers that the test scripts. */
export type World = AsyncDisposable & {
  readonly clock: FakeClock
  readonly core: FakeCore
  /** The lines that were logged, parsed, oldest first. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** Ends the loops; the checks that run may finish. */
  stop(): Promise<void>
}

/** Starts check loops as domain-manager does, but with a clock that stands still. */
export function startWorld(options: {
  readonly servers: readonly DnsServer[]
  /** Finds the zone's own servers; unset: none are asked. */
  readonly findZone?: FindZone
  readonly settings?: Partial<CheckSettings>
  readonly loops?: number
  /** Long runs take larger steps. */
  readonly claimPauseMs?: number
}): World {
  const clock = new FakeClock(START)
  const core = new FakeCore({ now: () => clock.now() })
  const { log, lines } = collectingLog()
  const settings = { ...SETTINGS, ...options.settings }
  const stop = new AbortController()
  const observeDeps = {
    servers: options.servers,
    ...(options.findZone && { findZone: options.findZone }),
    txtPrefix: '_fingerpost-verify',
    publicTarget: 'edge.example.net',
    now: () => clock.now(),
    countLookup: () => {},
  }
  const deps = { core, clock, random: () => 0.5, log, settings }
  const check = (domain: DueDomain) =>
    checkDomain(domain, stop.signal, {
      ...deps,
      observe: (due) => observeDomain(due, new AbortController().signal, observeDeps),
      // Why neither: the servers of this world have no CAA records, and no address leads anywhere.
      probe: async () => ({ probe: NO_OBSERVATIONS.probe, evidence: [] }),
      lookAtCaa: async () => ({ caa: NO_OBSERVATIONS.caa, evidence: [] }),
      keepWarm: () => {},
    })
  const claimPauseMs = options.claimPauseMs ?? 1_000
  const loops = Array.from({ length: options.loops ?? 1 }, (_, index) =>
    runCheckLoop(
      { workerId: `worker-${index}`, claimPauseMs, signal: stop.signal },
      { ...deps, check, onClaimed: () => {}, onChecked: () => {} },
    ),
  )
  const end = async (): Promise<void> => {
    stop.abort()
    await Promise.all(loops)
  }
  return { clock, core, lines, stop: end, [Symbol.asyncDispose]: end }
}

/** A logger that keeps its lines. */
export function collectingLog(): {
  readonly log: Logger
  readonly lines: Readonly<Record<string, unknown>>[]
} {
  const lines: Readonly<Record<string, unknown>>[] = []
  const log = createLogger('test', 'debug', {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  })
  return { log, lines }
}
