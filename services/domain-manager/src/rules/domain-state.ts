/*
 * A domain's life. Every arrow is one transition; what is not drawn cannot happen.
 *
 *  pending_verification ──ownership proved──► verified ──routing seen──► active ◄──────┐
 *                                                                        │    ▲        │
 *               loss seen, and seen again confirmMs to lossAgeMsMax later     │        │
 *                                                                        │  routing    │
 *                                                                        ▼   seen      │
 *                                                                      degraded     routing
 *                                                                        │            seen
 *                              loss seen at or after graceEndsAt ────────┤             │
 *                                                                        ▼             │
 *                                                                      suspended ──────┘
 *
 * An observation that cannot tell draws no arrow and moves no instant, ever. A loss
 * that was seen once, so long ago that this look does not confirm it, is seen anew.
 */
import type { DomainReason, DomainReasonMessage } from '@fingerpost/model/domain-check'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import { describeInstant, type DurationMs, type EpochMs } from '@fingerpost/model/time'
import type { OwnershipObservation } from './ownership-observation.ts'
import type { RoutingObservation } from './routing-observation.ts'

/** Where a domain stands in its life. */
export type DomainState = {
  readonly status: DomainStatus
  /** When `status` last changed; a repeated observation never moves it. */
  readonly statusSince: EpochMs
  /** First look of the present loss of routing; undefined while none is seen. */
  readonly lossSeenAt: EpochMs | undefined
  /** Undefined unless degraded. */
  readonly graceEndsAt: EpochMs | undefined
}

/** What one check saw. */
export type Observations = {
  readonly ownership: OwnershipObservation
  readonly routing: RoutingObservation
}

/** The times that a loss of routing has. */
export type LossSettings = {
  /** A loss counts when it is seen again at least so much later. */
  readonly confirmMs: DurationMs
  /** Pause between looks at a domain that is well. */
  readonly healthIntervalMs: DurationMs
  /** From the first failure seen to the suspension. */
  readonly graceMs: DurationMs
}

// Why a least time: with short settings, a look that waits for silent servers and is
// done again when its lease is over must still count as the next one.
const LOSS_AGE_MS_MIN: DurationMs = 120_000

/**
 * How long after its first look a loss can still be confirmed. Without a limit, two single
 * looks that are weeks apart would be one loss whose grace period is over already.
 */
export function lossAgeMsMax(
  settings: Pick<LossSettings, 'confirmMs' | 'healthIntervalMs'>,
): DurationMs {
  const { confirmMs, healthIntervalMs } = settings
  return Math.max(2 * Math.max(confirmMs, healthIntervalMs), LOSS_AGE_MS_MIN)
}

/** A change of status with its reason. */
export type StateTransition = DomainReasonMessage & { readonly to: DomainStatus }

/** What a check decides about a domain's state. */
export type StateOutcome = {
  readonly transition: StateTransition | undefined
  readonly lossSeenAt: EpochMs | undefined
  readonly graceEndsAt: EpochMs | undefined
  /** Why the domain is as it is after this check. */
  readonly reason: DomainReasonMessage
}

/**
 * Decides the next state of a domain from what one check saw.
 *
 * At most one transition at a time, so that each becomes a row of its own: when
 * both records appear at once, `verified` comes first and `active` with the
 * next look. Ownership is proved once; its later loss changes nothing.
 */
export function nextDomainState(
  state: DomainState,
  seen: Observations,
  now: EpochMs,
  settings: LossSettings,
): StateOutcome {
  return DECIDERS[state.status](state, seen, now, settings)
}

type Decide = (
  state: DomainState,
  seen: Observations,
  now: EpochMs,
  settings: LossSettings,
) => StateOutcome

const DECIDERS: Readonly<Record<DomainStatus, Decide>> = {
  pending_verification: (_state, seen) => fromPending(seen.ownership),
  verified: (_state, seen) => fromVerified(seen.routing),
  active: (state, seen, now, settings) => fromActive(state, seen.routing, now, settings),
  degraded: (state, seen, now, settings) => fromDegraded(state, seen.routing, now, settings),
  suspended: (state, seen) => fromSuspended(state, seen.routing),
}

const OWNERSHIP_REASONS: Readonly<Record<OwnershipObservation['kind'], DomainReason>> = {
  proved: 'ownership_proved',
  missing: 'txt_not_found',
  wrong: 'txt_wrong',
  via_cname: 'txt_via_cname',
  unknown: 'dns_unknown',
}

/** Gives the reason that what was seen of routing is, for machines. */
export function routingReason({ kind }: Pick<RoutingObservation, 'kind'>): DomainReason {
  return ROUTING_REASONS[kind]
}

const ROUTING_REASONS: Readonly<Record<RoutingObservation['kind'], DomainReason>> = {
  points_here: 'routing_ok',
  points_partly: 'routing_elsewhere',
  points_elsewhere: 'routing_elsewhere',
  missing: 'routing_missing',
  both_missing: 'routing_missing',
  unknown: 'dns_unknown',
}

const NO_LOSS = { lossSeenAt: undefined, graceEndsAt: undefined }

function fromPending(ownership: OwnershipObservation): StateOutcome {
  const reason = { code: OWNERSHIP_REASONS[ownership.kind], message: ownership.message }
  if (ownership.kind !== 'proved') return { transition: undefined, ...NO_LOSS, reason }
  return moveTo('verified', reason, NO_LOSS)
}

function fromVerified(routing: RoutingObservation): StateOutcome {
  if (routing.kind === 'points_here') return recover(routing)
  // Why no loss is noted: routing was never seen, so nothing was lost.
  const reason = { code: ROUTING_REASONS[routing.kind], message: routing.message }
  return { transition: undefined, ...NO_LOSS, reason }
}

function fromActive(
  state: DomainState,
  routing: RoutingObservation,
  now: EpochMs,
  settings: LossSettings,
): StateOutcome {
  const code = ROUTING_REASONS[routing.kind]
  if (routing.kind === 'points_here') {
    return { transition: undefined, ...NO_LOSS, reason: { code, message: routing.message } }
  }
  if (!isLoss(routing)) {
    const message = `${routing.message} Nothing changes for that.`
    // Why not "unknown": the domain is active because routing was seen, and a resolver that
    // fails now and then must not fill the timeline.
    const isBlind = routing.kind === 'unknown' || routing.kind === 'both_missing'
    const isAsBefore = isBlind && state.lossSeenAt === undefined
    const reason = { code: isAsBefore ? 'routing_ok' : code, message }
    return { transition: undefined, ...lossOf(state), reason }
  }
  const { lossSeenAt } = state
  const age = lossSeenAt === undefined ? -1 : now - lossSeenAt
  // Why before 0 as well: a clock that was ahead must not put the second look off for that long.
  const isFirst = lossSeenAt === undefined || age < 0 || age > lossAgeMsMax(settings)
  if (isFirst || age < settings.confirmMs) {
    const message = `${routing.message} This counts when it is seen again.`
    const loss = { lossSeenAt: isFirst ? now : lossSeenAt, graceEndsAt: undefined }
    return { transition: undefined, ...loss, reason: { code, message } }
  }
  const graceEndsAt = lossSeenAt + settings.graceMs
  const message = `${routing.message} Redirects go on until ${describeInstant(graceEndsAt)}.`
  return moveTo('degraded', { code: 'routing_lost', message }, { lossSeenAt, graceEndsAt })
}

function fromDegraded(
  state: DomainState,
  routing: RoutingObservation,
  now: EpochMs,
  { graceMs }: LossSettings,
): StateOutcome {
  if (routing.kind === 'points_here') return recover(routing)
  const lossSeenAt = state.lossSeenAt ?? state.statusSince
  const graceEndsAt = state.graceEndsAt ?? lossSeenAt + graceMs
  if (isLoss(routing) && now >= graceEndsAt) {
    const message = `${routing.message} The grace period ended at ${describeInstant(graceEndsAt)}.`
    const reason = { code: 'grace_expired', message } as const
    return moveTo('suspended', reason, { lossSeenAt, graceEndsAt: undefined })
  }
  const message =
    now < graceEndsAt
      ? `${routing.message} Redirects go on until ${describeInstant(graceEndsAt)}.`
      : `${routing.message} Redirects go on until the loss is seen for certain.`
  const reason = { code: 'routing_lost', message } as const
  return { transition: undefined, ...lossOf(state), reason }
}

function fromSuspended(state: DomainState, routing: RoutingObservation): StateOutcome {
  if (routing.kind === 'points_here') return recover(routing)
  const message = `${routing.message} Redirects come back by themselves when routing does.`
  const reason = { code: 'grace_expired', message } as const
  return { transition: undefined, ...lossOf(state), reason }
}

function recover({ message }: RoutingObservation): StateOutcome {
  return moveTo('active', { code: 'routing_ok', message }, NO_LOSS)
}

function moveTo(
  to: DomainStatus,
  reason: DomainReasonMessage,
  loss: Pick<StateOutcome, 'lossSeenAt' | 'graceEndsAt'>,
): StateOutcome {
  return { transition: { to, ...reason }, ...loss, reason }
}

/** Tells whether a look saw for certain that routing is lost. */
export function isLoss({ kind }: Pick<RoutingObservation, 'kind'>): boolean {
  return kind === 'missing' || kind === 'points_elsewhere'
}

function lossOf({
  lossSeenAt,
  graceEndsAt,
}: DomainState): Pick<StateOutcome, 'lossSeenAt' | 'graceEndsAt'> {
  return { lossSeenAt, graceEndsAt }
}
