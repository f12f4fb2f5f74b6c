import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { repeat } from '@fingerpost/chassis/repeat'
import {
  CLAIM_LIMIT_MAX,
  type CheckOutcome,
  type CoreApi,
  type DueDomain,
} from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs } from '@fingerpost/model/time'
import { OutageLog } from '../outage-log.ts'
import type { FinishedCheck } from './check-domain.ts'

/** Most checks that run at once. */
export const CHECKS_RUNNING_MAX = 64

/** How long nobody else checks a claimed domain: well above the longest check. */
export const LEASE_MS: DurationMs = 60_000

const CLAIM_BACKOFF = { firstMs: 500, factor: 2, maxMs: 10_000 }

/** Who claims, and how often. */
export type CheckLoopOptions = {
  /** Names this process in the leases. */
  readonly workerId: string
  /** Longest pause before core is asked again when nothing more was due. */
  readonly claimPauseMs: DurationMs
  readonly signal: AbortSignal
}

/** What the loop needs. */
export type CheckLoopDeps = {
  readonly core: Pick<CoreApi, 'claimDueDomains'>
  /** Checks one domain. */
  readonly check: (domain: DueDomain) => Promise<FinishedCheck>
  readonly onClaimed: (lagMs: DurationMs) => void
  readonly onChecked: (end: CheckOutcome | 'failed') => void
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/**
 * Claims due domains and checks them, until the signal aborts; then waits for the
 * checks that run. Several loops share the work by core's leases. A check that
 * fails, or that nobody ended, is due again when its lease runs out; one that
 * leaves its domain due at once is followed by a claim at once.
 */
export async function runCheckLoop(options: CheckLoopOptions, deps: CheckLoopDeps): Promise<void> {
  const { workerId, claimPauseMs, signal } = options
  const outage = new OutageLog(deps.log, 'claiming due domains', deps.clock)
  const running = new Set<Promise<void>>()
  let pause = new AbortController()
  const claimNow = (): void => pause.abort()
  const start = (domain: DueDomain): void => {
    deps.onClaimed(Math.max(0, deps.clock.now() - domain.dueAt))
    const check = runCheck(domain, signal, claimNow, deps).finally(() => running.delete(check))
    running.add(check)
  }
  const claim = async (): Promise<void> => {
    if (running.size >= CHECKS_RUNNING_MAX) await Promise.race(running)
    // Why here: a check may end while core is asked, too late for what is claimed now.
    pause = new AbortController()
    const limit = Math.min(CHECKS_RUNNING_MAX - running.size, CLAIM_LIMIT_MAX)
    const domains = await deps.core.claimDueDomains({ workerId, limit, leaseMs: LEASE_MS })
    outage.succeeded()
    // Why: who stops checks nothing more; what was claimed is due again after its lease.
    if (signal.aborted) return
    for (const domain of domains) start(domain)
    if (domains.length < limit) {
      await deps.clock.sleep(claimPauseMs, AbortSignal.any([signal, pause.signal]))
    }
  }
  const onError = (error: unknown): void => outage.failed(error)
  const pauses = { pauseMs: 0, backoff: CLAIM_BACKOFF, signal }
  await repeat(claim, pauses, { clock: deps.clock, random: deps.random, onError })
  await Promise.all(running)
}

async function runCheck(
  domain: DueDomain,
  signal: AbortSignal,
  claimNow: () => void,
  deps: CheckLoopDeps,
): Promise<void> {
  try {
    const { outcome, isDueNow } = await deps.check(domain)
    deps.onChecked(outcome)
    if (isDueNow) claimNow()
  } catch (error) {
    deps.onChecked('failed')
    // Why not said: a check that our own stop ended is no failure.
    if (signal.aborted) return
    const who = { domain_id: domain.id, hostname: domain.hostname }
    if (error instanceof AppError) {
      deps.log.warn({ ...who, error_code: error.code }, 'check not stored; it is due again')
    } else {
      deps.log.error({ ...who, error }, 'check failed unexpectedly; it is due again')
    }
  }
}
