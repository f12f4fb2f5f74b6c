import { randomUUID } from 'node:crypto'
import { hostname as machineName } from 'node:os'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { CoreApi } from '@fingerpost/contract/core-api'
import type { DurationMs } from '@fingerpost/model/time'
import type { DomainManagerConfig } from '../config.ts'
import type { DomainManagerMetrics } from '../metrics.ts'
import { isProbeDue } from '../rules/look-plan.ts'
import { checkDomain, type CheckDeps } from './check-domain.ts'
import { runCheckLoop } from './check-loop.ts'
import { furtherLooks } from './look-further.ts'
import { observeDepsOf } from './observe-deps.ts'
import { observeDomain } from './observe-domain.ts'

/** How long one check may look at DNS; what is not answered by then is "cannot tell". */
export const CHECK_MS_MAX: DurationMs = 20_000

/** Longest pause before core is asked again when nothing more was due. */
export const CLAIM_PAUSE_MS_MAX: DurationMs = 1_000

/** How long running checks may go on at a stop; then they are left to their leases. */
export const STOP_CHECKS_MS_MAX: DurationMs = 2_000

const MACHINE_NAME_LENGTH_MAX = 20

/** Starts checking due domains; the stop waits for the checks that run. */
export function startChecks(
  config: DomainManagerConfig,
  stack: AsyncDisposableStack,
  deps: {
    readonly core: CoreApi
    /** The installation's. */
    readonly secret: string
    readonly keepWarm: CheckDeps['keepWarm']
    readonly metrics: DomainManagerMetrics
    readonly log: Logger
  },
): void {
  const { core, metrics, log } = deps
  const observeDeps = observeDepsOf(config, metrics)
  log.info({ dns_servers: observeDeps.servers.map(({ name }) => name) }, 'DNS servers chosen')
  const stop = new AbortController()
  const abandon = new AbortController()
  const checkDeps: CheckDeps = {
    core: {
      async recordCheck(check) {
        // Why: what our own stop kept us from seeing is not worth a record.
        abandon.signal.throwIfAborted()
        return core.recordCheck(check)
      },
      recordCertificate: (certificate) => core.recordCertificate(certificate),
    },
    settings: config,
    observe: (domain, signal) =>
      observeDomain(domain, signal, {
        ...observeDeps,
        wantsAddresses: (routing) =>
          !domain.isTombstone && isProbeDue(domain, routing, SYSTEM_CLOCK.now()),
      }),
    ...furtherLooks(config, { ...observeDeps, secret: deps.secret }),
    keepWarm: deps.keepWarm,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log,
  }
  const options = {
    workerId: workerId(),
    claimPauseMs: Math.min(CLAIM_PAUSE_MS_MAX, config.healthIntervalMs),
    signal: stop.signal,
  }
  const loop = runCheckLoop(options, {
    core,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log,
    check(domain) {
      const signal = AbortSignal.any([abandon.signal, AbortSignal.timeout(CHECK_MS_MAX)])
      return checkDomain(domain, signal, checkDeps)
    },
    onClaimed: (lagMs) => metrics.checkLag.observe(lagMs / 1_000),
    onChecked: (outcome) => metrics.checks.inc({ outcome }),
  })
  stack.defer(async () => {
    stop.abort()
    const { promise: patience, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, STOP_CHECKS_MS_MAX)
    await Promise.race([loop, patience])
    clearTimeout(timer)
    abandon.abort()
  })
}

// Why a random part: two workers on one machine may get the same pid in two containers.
function workerId(): string {
  const machine = machineName().slice(0, MACHINE_NAME_LENGTH_MAX)
  return `${machine}:${process.pid}:${randomUUID().slice(0, 8)}`
}
