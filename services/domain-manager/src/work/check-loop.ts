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

/** Most checks that run at once. */
export const CHECKS_RUNNING_MAX = 64

/** How long nobody else checks a claimed domain: well above the longest check. */
export const LEASE_MS: DurationMs = 60_000

const CLAIM_BACKOFF = { firstMs: 500, factor: 2, maxMs: 10_000 }

/** Who claims, and how often. */
export type CheckLoopOptions = {
  /** Names this process in the leases. */
  readonly workerId: string
  /** Pause before core is asked again when nothing more was due. */
  readonly claimPauseMs: DurationMs
  readonly signal: AbortSignal
}

/** What the loop needs. */
export type CheckLoopDeps = {
  readonly core: Pick<CoreApi, 'claimDueDomains'>
  /** Checks one domain. */
  readonly check: (domain: DueDomain) => Promise<CheckOutcome>
  readonly onClaimed: (lagMs: DurationMs) => void
  readonly onChecked: (end: CheckOutcome | 'failed') => void
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/**
 * Claims due domains and checks them, until the signal aborts; then waits for the
 * checks that run. Several loops share the work by core's leases. A check that
 * fails, or that nobody ended, is due again when its lease runs out.
 */
export async function runCheckLoop(options: CheckLoopOptions, deps: CheckLoopDeps): Promise<void> {
  const { workerId, claimPauseMs, signal } = options
  const outage = new OutageLog(deps.log, 'claiming due domains')
  const running = new Set<Promise<void>>()
  const start = (domain: DueDomain): void => {
    deps.onClaimed(Math.max(0, deps.clock.now() - domain.dueAt))
    const check = runCheck(domain, signal, deps).finally(() => running.delete(check))
    running.add(check)
  }
  const claim = async (): Promise<DurationMs> => {
    if (running.size >= CHECKS_RUNNING_MAX) await Promise.race(running)
    const limit = Math.min(CHECKS_RUNNING_MAX - running.size, CLAIM_LIMIT_MAX)
    const domains = await deps.core.claimDueDomains({ workerId, limit, leaseMs: LEASE_MS })
    outage.succeeded()
    // Why: who stops checks nothing more; what was claimed is due again after its lease.
    if (signal.aborted) return 0
    for (const domain of domains) start(domain)
    return domains.length < limit ? claimPauseMs : 0
  }
  const onError = (error: unknown): void => outage.failed(error)
  const pauses = { pauseMs: claimPauseMs, backoff: CLAIM_BACKOFF, signal }
  await repeat(claim, pauses, { clock: deps.clock, random: deps.random, onError })
  await Promise.all(running)
}

async function runCheck(
  domain: DueDomain,
  signal: AbortSignal,
  deps: CheckLoopDeps,
): Promise<void> {
  try {
    deps.onChecked(await deps.check(domain))
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
