import type {
  DomainObservations,
  DomainReasonMessage,
  RecordState,
} from '@fingerpost/model/domain-check'
import type { EpochMs } from '@fingerpost/model/time'
import { nextCheckAt, type ScheduleSettings } from './check-schedule.ts'
import {
  nextDomainState,
  type DomainState,
  type LossSettings,
  type Observations,
  type StateTransition,
} from './domain-state.ts'
import type { OwnershipObservation } from './ownership-observation.ts'
import type { RoutingObservation } from './routing-observation.ts'

/** What is known of a domain before the check. */
export type CheckedDomain = DomainState & {
  readonly fastUntil: EpochMs
  /** What the last check stored. */
  readonly observations: DomainObservations
}

/** The settings that a check's decision depends on. */
export type CheckSettings = LossSettings & ScheduleSettings

/** All that a check decides. */
export type CheckDecision = {
  readonly transition: StateTransition | undefined
  readonly observations: DomainObservations
  readonly reason: DomainReasonMessage
  readonly lossSeenAt: EpochMs | undefined
  readonly graceEndsAt: EpochMs | undefined
  readonly nextCheckAt: EpochMs
}

/**
 * Decides what a check means: the transition, what is stored, when the next one is.
 *
 * @param random 0 to 1, for the jitter of the schedule
 */
export function decideCheck(
  domain: CheckedDomain,
  seen: Observations,
  now: EpochMs,
  settings: CheckSettings,
  random: number,
): CheckDecision {
  const outcome = nextDomainState(domain, seen, now, settings)
  const { transition, lossSeenAt, graceEndsAt } = outcome
  const facts = {
    status: transition?.to ?? domain.status,
    statusSince: transition === undefined ? domain.statusSince : now,
    lossSeenAt,
    graceEndsAt,
    fastUntil: domain.fastUntil,
    isFollowUpDue: isFollowUpDue(domain, transition),
  }
  return {
    ...outcome,
    observations: {
      ...domain.observations,
      ownership: {
        state: OWNERSHIP_STATES[seen.ownership.kind],
        found: seen.ownership.found,
        checkedAt: now,
        hint: seen.ownership.hint,
        propagation: seen.ownership.propagation,
      },
      routing: {
        state: ROUTING_STATES[seen.routing.kind],
        found: seen.routing.found,
        checkedAt: now,
        hint: seen.routing.hint,
        propagation: seen.routing.propagation,
      },
    },
    nextCheckAt: nextCheckAt(facts, now, settings, random),
  }
}

// Why not when the last check proved it already: then another workspace holds the hostname,
// the transition is refused each time, and following it up at once would never end.
function isFollowUpDue(domain: CheckedDomain, transition: StateTransition | undefined): boolean {
  return transition?.to === 'verified' && domain.observations.ownership.state !== 'found'
}

const OWNERSHIP_STATES: Readonly<Record<OwnershipObservation['kind'], RecordState>> = {
  proved: 'found',
  missing: 'missing',
  wrong: 'wrong',
  via_cname: 'wrong',
  unknown: 'unknown',
}

const ROUTING_STATES: Readonly<Record<RoutingObservation['kind'], RecordState>> = {
  points_here: 'found',
  points_partly: 'wrong',
  points_elsewhere: 'wrong',
  missing: 'missing',
  both_missing: 'missing',
  unknown: 'unknown',
}
