import type { DurationMs } from '@fingerpost/model/time'

/** How waiting grows from one attempt to the next. */
export type Backoff = {
  readonly firstMs: DurationMs
  readonly factor: number
  readonly maxMs: DurationMs
}

/**
 * Gives how long to wait before the next attempt, with jitter, so that many
 * that failed together do not come back together.
 *
 * @param failures attempts that failed in a row, from 1
 * @param random 0 to 1: the wait is between half and all of the grown time
 */
export function backoffMs(failures: number, backoff: Backoff, random: number): DurationMs {
  const grownMs = Math.min(backoff.firstMs * backoff.factor ** (failures - 1), backoff.maxMs)
  return Math.round(grownMs * (0.5 + random / 2))
}
