import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import { LEASE_MS_MAX, type CheckRecord } from './core-api.ts'

/** Longest pause before the next check of a domain; whoever wants a longer one gets this. */
export const CHECK_PAUSE_MS_MAX: DurationMs = 7 * 86_400_000

/**
 * Gives when a checked domain is due again by core's clock; undefined: it is not
 * checked again. The worker's clock only says how long the pause is: were its
 * instant kept, a worker that is late would have its domains due again at once.
 */
export function dueByCoreClock(
  { checkedAt, nextCheckAt }: Pick<CheckRecord, 'checkedAt' | 'nextCheckAt'>,
  now: EpochMs,
): EpochMs | undefined {
  if (nextCheckAt === undefined) return undefined
  return now + Math.min(Math.max(0, nextCheckAt - checkedAt), CHECK_PAUSE_MS_MAX)
}

/**
 * Gives from when on an end of a lease cannot be right: core's clock was ahead when
 * it was given, and nobody is to wait until then.
 */
export function leaseEndMax(now: EpochMs): EpochMs {
  return now + LEASE_MS_MAX
}
