import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import { isLoss, lossAgeMsMax, type LossSettings } from './domain-state.ts'
import type { RoutingObservation } from './routing-observation.ts'

/** How many health intervals lie between looks at a deleted domain. */
export const TOMBSTONE_SLOW_FACTOR = 4

/** What is decided about a deleted domain. */
export type TombstoneOutcome = {
  readonly lossSeenAt: EpochMs | undefined
  /** Undefined: DNS does not lead here any more, so that it is not looked at again. */
  readonly nextCheckAt: EpochMs | undefined
}

/**
 * Decides how it goes on with a deleted domain: it is looked at until its DNS was seen
 * to lead elsewhere, or nowhere, twice at least `confirmMs` apart.
 *
 * @param random 0 to 1, for a jitter of ±10 %
 */
export function decideTombstone(
  lossSeenAt: EpochMs | undefined,
  routing: Pick<RoutingObservation, 'kind'>,
  now: EpochMs,
  settings: Pick<LossSettings, 'confirmMs' | 'healthIntervalMs'>,
  random: number,
): TombstoneOutcome {
  const pauseMs = TOMBSTONE_SLOW_FACTOR * settings.healthIntervalMs * (0.9 + 0.2 * random)
  const later = now + Math.round(pauseMs)
  if (routing.kind === 'points_here' || routing.kind === 'points_partly') {
    return { lossSeenAt: undefined, nextCheckAt: later }
  }
  if (!isLoss(routing)) return { lossSeenAt, nextCheckAt: later }
  const age = lossSeenAt === undefined ? -1 : now - lossSeenAt
  // Why before 0 as well: a clock that was ahead must not put the second look off for that long.
  if (lossSeenAt === undefined || age < 0 || age > ageMsMax(settings)) {
    return { lossSeenAt: now, nextCheckAt: now + settings.confirmMs }
  }
  const isConfirmed = age >= settings.confirmMs
  return { lossSeenAt, nextCheckAt: isConfirmed ? undefined : lossSeenAt + settings.confirmMs }
}

// Why more than of a live domain: looks at a deleted one are that much further apart.
function ageMsMax(settings: Pick<LossSettings, 'confirmMs' | 'healthIntervalMs'>): DurationMs {
  return TOMBSTONE_SLOW_FACTOR * lossAgeMsMax(settings)
}
