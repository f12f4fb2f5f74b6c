import type { EpochMs } from '@fingerpost/model/time'
import { LEASE_MS_MAX, type CheckRecord } from './core-api.ts'

/**
 * Gives when a checked domain is due again by core's clock; undefined: it is not
 * checked again. The worker's clock only says how long the pause is: were its
 * instant kept, a worker that is late would have its domains due again at once.
 */
export function dueByCoreClock(
  { checkedAt, nextCheckAt }: Pick<CheckRecord, 'checkedAt' | 'nextCheckAt'>,
  now: EpochMs,
): EpochMs | undefined {
  return nextCheckAt === undefined ? undefined : now + Math.max(0, nextCheckAt - checkedAt)
}

/**
 * Gives from when on an end of a lease cannot be right: core's clock was ahead when
 * it was given, and nobody is to wait until then.
 */
export function leaseEndMax(now: EpochMs): EpochMs {
  return now + LEASE_MS_MAX
}
