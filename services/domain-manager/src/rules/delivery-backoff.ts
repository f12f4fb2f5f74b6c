import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** How long a delivery is tried before it is given up. */
export const DELIVERY_MS_MAX: DurationMs = 3 * 86_400_000

/** Longest pause that an endpoint can ask for. */
export const RETRY_AFTER_MS_MAX: DurationMs = 6 * 3_600_000

const MINUTE_MS: DurationMs = 60_000
const HOUR_MS: DurationMs = 60 * MINUTE_MS

/** The pause after all further attempts. */
export const LAST_PAUSE_MS: DurationMs = 10 * HOUR_MS

/** The pauses after the first attempts. */
export const PAUSES_MS: readonly [DurationMs, ...DurationMs[]] = [
  5_000,
  30_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
]

/** An attempt to deliver that failed. */
export type FailedAttempt = {
  /** When the notice was made, or asked to be delivered again. */
  readonly createdAt: EpochMs
  /** With this one. */
  readonly attempts: number
  readonly failedAt: EpochMs
  /** What the endpoint asked for. */
  readonly retryAfterMs: DurationMs | undefined
}

/**
 * Decides when a delivery is tried again; undefined: it is given up. The last
 * attempt is made when the three days are over, however long the pause would be.
 *
 * @param random 0 to 1: a pause is up to a quarter longer, so that what failed together spreads
 */
export function nextDeliveryAt(attempt: FailedAttempt, random: number): EpochMs | undefined {
  const { createdAt, attempts, failedAt, retryAfterMs = 0 } = attempt
  const endsAt = createdAt + DELIVERY_MS_MAX
  if (failedAt >= endsAt) return undefined
  const plainMs = PAUSES_MS[Math.max(attempts, 1) - 1] ?? LAST_PAUSE_MS
  const pauseMs = Math.round(plainMs * (1 + random / 4))
  const askedMs = Math.min(retryAfterMs, RETRY_AFTER_MS_MAX)
  return Math.min(failedAt + Math.max(pauseMs, askedMs), endsAt)
}
