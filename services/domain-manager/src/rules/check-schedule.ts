import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import { lossAgeMsMax } from './domain-state.ts'

/** Pause between checks of a domain that somebody is waiting for. */
export const FAST_INTERVAL_MS: DurationMs = 5_000

/** So long after it was added an unproved domain is checked at the health interval at least. */
export const PENDING_PATIENCE_MS: DurationMs = 7 * 86_400_000

/** How many health intervals lie between checks of a domain that is unproved for longer. */
export const PENDING_SLOW_FACTOR = 4

/** How long a change of status makes a domain be checked sooner. */
export const RECENT_MS: DurationMs = 3_600_000

/** How much sooner a domain is checked that is degraded or has just changed. */
export const NEED_FACTOR = 3

// After the fast checks the pause grows by this part of the time that has passed since.
const BACKOFF_PART = 0.25
const JITTER_PART = 0.1

/** What decides when a domain is looked at again; the state is the one after the check. */
export type ScheduleFacts = {
  readonly status: DomainStatus
  readonly statusSince: EpochMs
  readonly lossSeenAt: EpochMs | undefined
  readonly graceEndsAt: EpochMs | undefined
  /** When a takeover of the hostname by this claim was first in sight. */
  readonly takeoverSeenAt: EpochMs | undefined
  /** Until when somebody is waiting: the domain was added, or its owner asked for a check. */
  readonly fastUntil: EpochMs
  /** A transition that the next look may follow up at once. */
  readonly isFollowUpDue: boolean
}

/** The settings of the schedule. */
export type ScheduleSettings = {
  readonly healthIntervalMs: DurationMs
  readonly confirmMs: DurationMs
}

/**
 * Decides when a domain is checked next, from `now` on.
 *
 * - at once after a transition that may be followed by another
 * - `confirmMs` after a loss or a takeover was first seen, to confirm it while it can be
 * - every 5 s while somebody waits for records to appear
 * - then with growing pauses up to the health interval, and every fourth health
 *   interval when ownership is not proved after 7 days
 * - at the health interval otherwise, at a third of it while degraded or when the status
 *   changed within the last hour, and when the grace period ends
 *
 * @param random 0 to 1, for the jitter of ±10 %
 */
export function nextCheckAt(
  facts: ScheduleFacts,
  now: EpochMs,
  settings: ScheduleSettings,
  random: number,
): EpochMs {
  if (facts.isFollowUpDue) return now
  const { confirmMs, healthIntervalMs } = settings
  const { graceEndsAt } = facts

  const seenAt = firstSeenAt(facts)
  if (seenAt !== undefined && now - seenAt <= lossAgeMsMax(settings)) {
    if (seenAt === now) return now + confirmMs
    // Why not at once when that instant is over: the last look could not tell, and a
    // server that fails is not asked the more for it.
    const soonest = now + Math.min(Math.max(confirmMs, FAST_INTERVAL_MS), healthIntervalMs)
    const latest = now + Math.max(confirmMs, healthIntervalMs)
    return Math.min(Math.max(seenAt + confirmMs, soonest), latest)
  }
  const next = now + Math.round(pauseMs(facts, now, healthIntervalMs) * jitter(random))
  if (graceEndsAt !== undefined && graceEndsAt > now) return Math.min(next, graceEndsAt)
  return next
}

/** What another look has to confirm: a loss of an active domain, or a takeover by a claim. */
function firstSeenAt({ status, lossSeenAt, takeoverSeenAt }: ScheduleFacts): EpochMs | undefined {
  if (status === 'active') return lossSeenAt
  return status === 'pending_verification' ? takeoverSeenAt : undefined
}

function pauseMs(facts: ScheduleFacts, now: EpochMs, healthIntervalMs: DurationMs): DurationMs {
  const fastMs = Math.min(FAST_INTERVAL_MS, healthIntervalMs)
  const isRecent = now - facts.statusSince < RECENT_MS
  const soonMs = Math.max(healthIntervalMs / NEED_FACTOR, fastMs)
  if (facts.status === 'active') return isRecent ? soonMs : healthIntervalMs
  if (now < facts.fastUntil) return fastMs
  if (facts.status === 'degraded') return soonMs
  if (facts.status === 'suspended') return isRecent ? soonMs : healthIntervalMs
  const isPatienceOver =
    facts.status === 'pending_verification' && now - facts.statusSince >= PENDING_PATIENCE_MS
  const pauseMsMax = healthIntervalMs * (isPatienceOver ? PENDING_SLOW_FACTOR : 1)
  return Math.min(fastMs + (now - facts.fastUntil) * BACKOFF_PART, pauseMsMax)
}

function jitter(random: number): number {
  return 1 - JITTER_PART + 2 * JITTER_PART * random
}
