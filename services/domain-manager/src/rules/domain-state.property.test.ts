import * as fc from 'fast-check'
import t from 'tap'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import {
  lossAgeMsMax,
  nextDomainState,
  type DomainState,
  type Observations,
} from './domain-state.ts'

const HOUR_MS = 3_600_000
// A loss can be confirmed for 16 h here: some of the looks below come later, some do not.
const SETTINGS = { confirmMs: 60_000, healthIntervalMs: 8 * HOUR_MS, graceMs: 48 * HOUR_MS }
const AGE_MS_MAX = lossAgeMsMax(SETTINGS)
const RUNS = 3_000

type Look = { readonly seen: Observations; readonly waitMs: number }

const observation = <Kind extends string>(kind: Kind) => ({ kind, found: [], message: `${kind}.` })

const looks: fc.Arbitrary<readonly Look[]> = fc.array(
  fc.record({
    seen: fc.record({
      ownership: fc
        .constantFrom('proved', 'missing', 'wrong', 'via_cname', 'unknown')
        .map((kind) => observation(kind)),
      routing: fc
        .constantFrom(
          'points_here',
          'points_partly',
          'points_elsewhere',
          'missing',
          'both_missing',
          'unknown',
        )
        .map((kind) => observation(kind)),
    }),
    waitMs: fc.oneof(
      fc.integer({ min: 0, max: 2 * SETTINGS.confirmMs }),
      fc.integer({ min: 0, max: 20 * HOUR_MS }),
      // The clock is set forward or back.
      fc.constantFrom(-25 * HOUR_MS, 25 * HOUR_MS),
    ),
  }),
  { maxLength: 60 },
)

type Step = {
  readonly before: DomainState
  readonly after: DomainState
  readonly routing: Observations['routing']['kind']
  readonly ownership: Observations['ownership']['kind']
  readonly now: number
}

/** Lets a domain live through `all` looks, as core stores what is decided. */
function live(all: readonly Look[]): readonly Step[] {
  let now = 1_000 * HOUR_MS
  let before: DomainState = {
    status: 'pending_verification',
    statusSince: now,
    lossSeenAt: undefined,
    graceEndsAt: undefined,
  }
  return all.map(({ seen, waitMs }) => {
    now += waitMs
    const { transition, lossSeenAt, graceEndsAt } = nextDomainState(before, seen, now, SETTINGS)
    const after = {
      status: transition?.to ?? before.status,
      statusSince: transition === undefined ? before.statusSince : now,
      lossSeenAt,
      graceEndsAt,
    }
    const step = { before, after, routing: seen.routing.kind, ownership: seen.ownership.kind, now }
    before = after
    return step
  })
}

function holds(name: string, check: (steps: readonly Step[]) => boolean): void {
  t.test(name, async (t) => {
    fc.assert(
      fc.property(looks, (all) => check(live(all))),
      { numRuns: RUNS },
    )
    t.pass(`${RUNS} lives`)
  })
}

const isLoss = ({ routing }: Step): boolean =>
  routing === 'missing' || routing === 'points_elsewhere'

const ARROWS: readonly (readonly [DomainStatus, DomainStatus])[] = [
  ['pending_verification', 'verified'],
  ['verified', 'active'],
  ['active', 'degraded'],
  ['degraded', 'active'],
  ['degraded', 'suspended'],
  ['suspended', 'active'],
]

holds('only the drawn arrows are ever taken', (steps) =>
  steps.every(
    ({ before, after }) =>
      before.status === after.status ||
      ARROWS.some(([from, to]) => from === before.status && to === after.status),
  ),
)

holds('a look that cannot tell never changes anything', (steps) =>
  steps.every(({ before, after, routing, ownership }) => {
    const isBlind = before.status === 'pending_verification' ? ownership : routing
    if (isBlind !== 'unknown' && isBlind !== 'both_missing') return true
    return JSON.stringify(before) === JSON.stringify(after)
  }),
)

holds('ownership is never lost once it is proved', (steps) =>
  steps.every(
    ({ before, after }) =>
      before.status === 'pending_verification' || after.status !== 'pending_verification',
  ),
)

holds('no domain is suspended before its first failure and the grace period', (steps) => {
  let firstFailureAt: number | undefined
  return steps.every((step) => {
    const { before, after, now } = step
    // Why the earlier one: after a clock was set back, the loss is seen anew by its new time.
    if (before.status === 'active' && isLoss(step)) {
      firstFailureAt = Math.min(firstFailureAt ?? now, now)
    }
    if (after.status === 'active' && step.routing === 'points_here') firstFailureAt = undefined
    if (before.status === 'suspended' || after.status !== 'suspended') return true
    return firstFailureAt !== undefined && now >= firstFailureAt + SETTINGS.graceMs
  })
})

holds(
  'no domain is degraded by fewer than two looks that far and no farther apart, none good between',
  (steps) =>
    steps.every((step, index) => {
      if (step.before.status !== 'active' || step.after.status !== 'degraded') return true
      const lastGood = steps.findLastIndex(
        ({ routing }, at) => at < index && routing === 'points_here',
      )
      const earlier = steps.slice(lastGood + 1, index).filter(isLoss)
      const isConfirmed = earlier.some(({ now }) => {
        const ageMs = step.now - now
        return ageMs >= SETTINGS.confirmMs && ageMs <= AGE_MS_MAX
      })
      return isLoss(step) && isConfirmed
    }),
)

holds('a domain that becomes degraded has a grace period ahead of it', (steps) =>
  steps.every(
    ({ before, after, now }) =>
      before.status === 'degraded' ||
      after.graceEndsAt === undefined ||
      after.graceEndsAt >= now + SETTINGS.graceMs - AGE_MS_MAX,
  ),
)

holds('one good look brings a degraded or suspended domain back', (steps) =>
  steps.every(
    ({ before, after, routing }) =>
      routing !== 'points_here' ||
      before.status === 'pending_verification' ||
      (after.status === 'active' && after.lossSeenAt === undefined),
  ),
)

holds('the grace period is noted exactly while a domain is degraded, and never moves', (steps) =>
  steps.every(({ before, after }) => {
    if ((after.status === 'degraded') !== (after.graceEndsAt !== undefined)) return false
    const stays = before.status === 'degraded' && after.status === 'degraded'
    return !stays || before.graceEndsAt === after.graceEndsAt
  }),
)
