import type {
  CaaObservation,
  DomainObservations,
  DomainReasonMessage,
  ProbeObservation,
  RecordState,
} from '@fingerpost/model/domain-check'
import type { Reminder } from '@fingerpost/model/notice'
import type { EpochMs } from '@fingerpost/model/time'
import { nextCheckAt, type ScheduleSettings } from './check-schedule.ts'
import {
  isLoss,
  nextDomainState,
  routingReason,
  type DomainState,
  type LossSettings,
  type StateOutcome,
  type StateTransition,
} from './domain-state.ts'
import type { OwnershipObservation } from './ownership-observation.ts'
import { dueReminders } from './reminders.ts'
import type { RoutingObservation } from './routing-observation.ts'
import { lastingProbe, provedRouting } from './routing-proof.ts'
import { decideTakeover } from './takeover.ts'
import { decideTombstone } from './tombstone.ts'

/** What is known of a domain before the check. */
export type CheckedDomain = DomainState & {
  readonly fastUntil: EpochMs
  /** What the last check stored. */
  readonly observations: DomainObservations
  /** The domain of another workspace that holds the hostname. */
  readonly holder: { readonly domainId: string } | undefined
  readonly takeoverSeenAt: EpochMs | undefined
  readonly isTombstone: boolean
}

/** What one check saw; a look that was not taken this time gives what was stored before. */
export type SeenByCheck = {
  readonly ownership: OwnershipObservation
  /** What DNS says; the probe is considered here. */
  readonly routing: RoutingObservation
  readonly probe: ProbeObservation
  readonly caa: CaaObservation
}

/** The settings that a check's decision depends on. */
export type CheckSettings = LossSettings & ScheduleSettings

/** All that a check decides. */
export type CheckDecision = {
  readonly transition: (StateTransition & { readonly takesOverFrom?: string }) | undefined
  readonly observations: DomainObservations
  readonly reason: DomainReasonMessage
  readonly lossSeenAt: EpochMs | undefined
  readonly graceEndsAt: EpochMs | undefined
  readonly takeoverSeenAt: EpochMs | undefined
  readonly reminders: readonly Reminder[]
  readonly nextCheckAt: EpochMs | undefined
}

/**
 * Decides what a check means: the transition, what is stored, what the owner is
 * reminded of, when the next one is.
 *
 * @param random 0 to 1, for the jitter of the schedule
 */
export function decideCheck(
  domain: CheckedDomain,
  seen: SeenByCheck,
  now: EpochMs,
  settings: CheckSettings,
  random: number,
): CheckDecision {
  if (domain.isTombstone) return decideDeleted(domain, seen, now, settings, random)
  const { probe: before } = domain.observations
  const routing = provedRouting(seen.routing, seen.probe, before, now)
  const probe = lastingProbe(seen.probe, before, now)
  const outcome = decideState(domain, { ...seen, routing }, now, settings)
  const { transition, lossSeenAt, graceEndsAt, takeoverSeenAt } = outcome
  const status = transition?.to ?? domain.status
  const facts = {
    status,
    statusSince: transition === undefined ? domain.statusSince : now,
    lossSeenAt,
    graceEndsAt,
    takeoverSeenAt,
    fastUntil: domain.fastUntil,
    isFollowUpDue: isFollowUpDue(domain, transition),
  }
  const reminders = dueReminders(
    {
      ...facts,
      isLossSeen: isLoss(routing),
      ownership: seen.ownership.kind,
      ownershipBefore: domain.observations.ownership,
    },
    now,
  )
  return {
    ...outcome,
    reminders,
    observations: observationsOf({ ...seen, routing, probe }, now),
    nextCheckAt: nextCheckAt(facts, now, settings, random),
  }
}

type Decided = StateOutcome & Pick<CheckDecision, 'transition' | 'takeoverSeenAt'>

function decideState(
  domain: CheckedDomain,
  seen: SeenByCheck,
  now: EpochMs,
  settings: CheckSettings,
): Decided {
  const { holder } = domain
  const outcome = nextDomainState(domain, seen, now, settings)
  if (domain.status !== 'pending_verification' || holder === undefined) {
    return { ...outcome, takeoverSeenAt: undefined }
  }
  const isUnknown = seen.ownership.kind === 'unknown'
  const { takeoverSeenAt } = domain
  if (isUnknown) return { ...outcome, takeoverSeenAt }
  const isProved = seen.ownership.kind === 'proved'
  if (!isProved) return { ...outcome, takeoverSeenAt: undefined }
  const { holderToken = 'unknown' } = seen.ownership
  const claim = { holderId: holder.domainId, takeoverSeenAt }
  const takeover = decideTakeover(claim, { isProved, holderToken }, now, settings)
  const { takesOverFrom, reason } = takeover
  return {
    ...outcome,
    reason,
    transition:
      takesOverFrom === undefined ? undefined : { to: 'verified', ...reason, takesOverFrom },
    takeoverSeenAt: takeover.takeoverSeenAt,
  }
}

function decideDeleted(
  domain: CheckedDomain,
  seen: SeenByCheck,
  now: EpochMs,
  settings: CheckSettings,
  random: number,
): CheckDecision {
  const { routing } = seen
  return {
    transition: undefined,
    observations: observationsOf(seen, now),
    reason: { code: routingReason(routing), message: routing.message },
    ...decideTombstone(domain.lossSeenAt, routing, now, settings, random),
    graceEndsAt: undefined,
    takeoverSeenAt: undefined,
    reminders: [],
  }
}

// Why not when the last check proved it already: then another workspace holds the hostname,
// the transition is refused each time, and following it up at once would never end.
function isFollowUpDue(domain: CheckedDomain, transition: StateTransition | undefined): boolean {
  return transition?.to === 'verified' && domain.observations.ownership.state !== 'found'
}

function observationsOf(seen: SeenByCheck, now: EpochMs): DomainObservations {
  const { ownership, routing, probe, caa } = seen
  return {
    ownership: {
      state: OWNERSHIP_STATES[ownership.kind],
      found: ownership.found,
      checkedAt: now,
      hint: ownership.hint,
      propagation: ownership.propagation,
    },
    routing: {
      state: ROUTING_STATES[routing.kind],
      found: routing.found,
      checkedAt: now,
      hint: routing.hint,
      propagation: routing.propagation,
    },
    probe,
    caa,
  }
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
