import t from 'tap'
import { DOMAIN_STATUS_NAMES, type DomainStatus } from '@fingerpost/model/domain-status'
import {
  lossAgeMsMax,
  nextDomainState,
  type DomainState,
  type Observations,
} from './domain-state.ts'
import type { OwnershipObservation } from './ownership-observation.ts'
import type { RoutingObservation } from './routing-observation.ts'

const DAY_MS = 86_400_000
const SETTINGS = { confirmMs: 60_000, healthIntervalMs: 900_000, graceMs: 7 * DAY_MS }
const { confirmMs, graceMs } = SETTINGS
const AGE_MS_MAX = 1_800_000
// The instant at which the present status began, long before any look.
const SINCE = 1_000
const FIRST = 100 * DAY_MS

type OwnershipKind = OwnershipObservation['kind']
type RoutingKind = RoutingObservation['kind']
const OWNERSHIPS: readonly OwnershipKind[] = ['proved', 'missing', 'wrong', 'via_cname', 'unknown']
const ROUTINGS: readonly RoutingKind[] = [
  'points_here',
  'points_partly',
  'points_elsewhere',
  'missing',
  'both_missing',
  'unknown',
]

function seen(ownership: OwnershipKind, routing: RoutingKind): Observations {
  return {
    ownership: { kind: ownership, found: [], message: `TXT ${ownership}.` },
    routing: { kind: routing, found: [], message: `Routing ${routing}.` },
  }
}

type Moment = {
  readonly called: string
  readonly lossSeenAt: number | undefined
  readonly graceEndsAt: number | undefined
  readonly now: number
}

const NO_LOSS: Moment = {
  called: 'no loss seen',
  lossSeenAt: undefined,
  graceEndsAt: undefined,
  now: FIRST,
}
const lossAgo = (ms: number): Moment => ({
  called: `loss seen ${ms} ms ago`,
  lossSeenAt: FIRST,
  graceEndsAt: undefined,
  now: FIRST + ms,
})
const graceAt = (ms: number): Moment => ({
  called: `${ms} ms after the end of grace`,
  lossSeenAt: FIRST,
  graceEndsAt: FIRST + graceMs,
  now: FIRST + graceMs + ms,
})

const MOMENTS: Readonly<Record<DomainStatus, readonly Moment[]>> = {
  pending_verification: [NO_LOSS, { ...NO_LOSS, called: 'much later', now: FIRST + 400 * DAY_MS }],
  verified: [NO_LOSS, { ...NO_LOSS, called: 'much later', now: FIRST + 400 * DAY_MS }],
  active: [
    NO_LOSS,
    lossAgo(-1),
    lossAgo(0),
    lossAgo(confirmMs - 1),
    lossAgo(confirmMs),
    lossAgo(confirmMs + 1),
    lossAgo(AGE_MS_MAX),
    lossAgo(AGE_MS_MAX + 1),
    lossAgo(graceMs),
  ],
  degraded: [-graceMs, -1, 0, 1, 30 * DAY_MS].map(graceAt),
  suspended: [
    { ...graceAt(0), graceEndsAt: undefined },
    { ...graceAt(300 * DAY_MS), graceEndsAt: undefined },
  ],
}

/** What must come out, said a second time and in other words than the rule. */
function expectedStatus(
  status: DomainStatus,
  moment: Moment,
  ownership: OwnershipKind,
  routing: RoutingKind,
): DomainStatus {
  if (status === 'pending_verification') return ownership === 'proved' ? 'verified' : status
  if (routing === 'points_here') return 'active'
  if (['unknown', 'both_missing', 'points_partly'].includes(routing)) return status
  const { now, lossSeenAt, graceEndsAt } = moment
  if (status === 'active' && lossSeenAt !== undefined) {
    const ageMs = now - lossSeenAt
    return ageMs >= confirmMs && ageMs <= AGE_MS_MAX ? 'degraded' : status
  }
  if (status === 'degraded' && graceEndsAt !== undefined && now >= graceEndsAt) return 'suspended'
  return status
}

t.test('every status, observation and moment leads where the drawing says', async (t) => {
  let cases = 0
  for (const status of DOMAIN_STATUS_NAMES) {
    for (const moment of MOMENTS[status]) {
      for (const ownership of OWNERSHIPS) {
        for (const routing of ROUTINGS) {
          const { lossSeenAt, graceEndsAt, now } = moment
          const state = { status, statusSince: SINCE, lossSeenAt, graceEndsAt }
          const outcome = nextDomainState(state, seen(ownership, routing), now, SETTINGS)
          const name = `${status}, ${moment.called}, TXT ${ownership}, routing ${routing}`
          const expected = expectedStatus(status, moment, ownership, routing)
          t.equal(outcome.transition?.to ?? status, expected, name)
          t.equal(outcome.transition === undefined, expected === status, `${name}: no empty one`)
          t.not(outcome.reason.message, '', name)
          cases += 1
        }
      }
    }
  }
  t.equal(cases, 20 * 30)
})

const LOSSES = ['missing', 'points_elsewhere'] as const

const state = (change: Partial<DomainState>): DomainState => ({
  status: 'active',
  statusSince: SINCE,
  lossSeenAt: undefined,
  graceEndsAt: undefined,
  ...change,
})

t.test('the first look that misses routing only notes when that was', async (t) => {
  for (const routing of LOSSES) {
    const outcome = nextDomainState(state({}), seen('proved', routing), FIRST, SETTINGS)
    t.match(outcome, { transition: undefined, lossSeenAt: FIRST, graceEndsAt: undefined })
    t.match(outcome.reason.message, /seen again/)
  }
})

t.test('a loss is confirmed exactly after the time that settings ask for', async (t) => {
  for (const routing of LOSSES) {
    const lost = state({ lossSeenAt: FIRST })
    const look = (ms: number) =>
      nextDomainState(lost, seen('proved', routing), FIRST + ms, SETTINGS)
    t.match(look(confirmMs - 1), { transition: undefined, lossSeenAt: FIRST })
    t.match(look(confirmMs), {
      transition: { to: 'degraded', code: 'routing_lost' },
      lossSeenAt: FIRST,
      graceEndsAt: FIRST + graceMs,
    })
  }
})

t.test(
  'a first look that is too old to be confirmed is forgotten for the present one',
  async (t) => {
    for (const routing of LOSSES) {
      const lost = state({ lossSeenAt: FIRST })
      const look = (ms: number) =>
        nextDomainState(lost, seen('proved', routing), FIRST + ms, SETTINGS)
      t.match(look(AGE_MS_MAX), { transition: { to: 'degraded' }, lossSeenAt: FIRST })
      const late = look(AGE_MS_MAX + 1)
      t.match(late, { transition: undefined, lossSeenAt: FIRST + AGE_MS_MAX + 1 })
      t.match(late.reason.message, /seen again/)
    }
  },
)

t.test('a loss that was seen by a clock that was ahead is seen anew', async (t) => {
  const ahead = state({ lossSeenAt: FIRST + DAY_MS })
  const look = (lossSeenAt: number | undefined, now: number) =>
    nextDomainState(state({ lossSeenAt }), seen('proved', 'missing'), now, SETTINGS)
  const first = look(ahead.lossSeenAt, FIRST)
  t.match(first, { transition: undefined, lossSeenAt: FIRST })
  t.match(look(first.lossSeenAt, FIRST + confirmMs), { transition: { to: 'degraded' } })
  const blind = nextDomainState(ahead, seen('proved', 'unknown'), FIRST, SETTINGS)
  t.equal(blind.lossSeenAt, FIRST + DAY_MS, 'what cannot tell moves no instant')
})

t.test(
  'one loss, eight days that cannot be told, one loss: the grace period is whole',
  async (t) => {
    const blind = nextDomainState(
      state({ lossSeenAt: FIRST }),
      seen('proved', 'unknown'),
      FIRST + 8 * DAY_MS,
      SETTINGS,
    )
    const now = FIRST + 8 * DAY_MS + 900_000
    const look = (lossSeenAt: number | undefined, at: number) =>
      nextDomainState(state({ lossSeenAt }), seen('proved', 'missing'), at, SETTINGS)
    const again = look(blind.lossSeenAt, now)
    t.match(again, { transition: undefined, lossSeenAt: now })
    t.match(look(again.lossSeenAt, now + confirmMs), {
      transition: { to: 'degraded' },
      graceEndsAt: now + graceMs,
    })
  },
)

t.test('a loss can be confirmed for twice the longer of both pauses', async (t) => {
  const ageOf = (confirm: number, healthIntervalMs: number) =>
    lossAgeMsMax({ confirmMs: confirm, healthIntervalMs })
  t.equal(ageOf(60_000, 900_000), AGE_MS_MAX)
  t.equal(ageOf(900_000, 60_000), AGE_MS_MAX)
  t.equal(ageOf(0, 200), 120_000, 'and for two minutes at least')
  t.equal(ageOf(0, 60_001), 120_002)
})

t.test('two looks are needed even when settings ask for no time between them', async (t) => {
  const settings = { ...SETTINGS, confirmMs: 0, graceMs: 0 }
  const first = nextDomainState(state({}), seen('proved', 'missing'), FIRST, settings)
  t.equal(first.transition, undefined)
  const second = nextDomainState(
    state({ lossSeenAt: first.lossSeenAt }),
    seen('proved', 'missing'),
    FIRST,
    settings,
  )
  t.match(second, { transition: { to: 'degraded' }, graceEndsAt: FIRST })
})

t.test('a single good look forgets a loss', async (t) => {
  const lost = state({ lossSeenAt: FIRST })
  const outcome = nextDomainState(lost, seen('missing', 'points_here'), FIRST + 1, SETTINGS)
  t.same(
    [outcome.transition, outcome.lossSeenAt, outcome.reason.code],
    [undefined, undefined, 'routing_ok'],
  )
})

t.test('a look that cannot tell keeps every instant as it is', async (t) => {
  for (const status of DOMAIN_STATUS_NAMES.filter((name) => name !== 'pending_verification')) {
    const before = state({
      status,
      ...(status === 'verified' ? {} : { lossSeenAt: FIRST }),
      ...(status === 'degraded' ? { graceEndsAt: FIRST + graceMs } : {}),
    })
    for (const routing of ['unknown', 'both_missing', 'points_partly'] as const) {
      for (const now of [FIRST, FIRST + confirmMs, FIRST + 365 * DAY_MS]) {
        const outcome = nextDomainState(before, seen('unknown', routing), now, SETTINGS)
        t.equal(outcome.transition, undefined)
        t.equal(outcome.lossSeenAt, before.lossSeenAt)
        t.equal(outcome.graceEndsAt, before.graceEndsAt)
      }
    }
  }
})

t.test('a degraded domain is suspended exactly when its grace period ends', async (t) => {
  const degraded = state({
    status: 'degraded',
    lossSeenAt: FIRST,
    graceEndsAt: FIRST + graceMs,
  })
  const look = (ms: number) =>
    nextDomainState(degraded, seen('proved', 'missing'), FIRST + graceMs + ms, SETTINGS)
  t.match(look(-1), { transition: undefined, graceEndsAt: FIRST + graceMs })
  t.match(look(0), {
    transition: { to: 'suspended', code: 'grace_expired' },
    lossSeenAt: FIRST,
    graceEndsAt: undefined,
  })
})

t.test('a degraded domain without a noted end of grace has one from its loss on', async (t) => {
  const degraded = state({ status: 'degraded', lossSeenAt: FIRST })
  const look = (from: DomainState, now: number) =>
    nextDomainState(from, seen('proved', 'missing'), now, SETTINGS).transition?.to
  t.equal(look(degraded, FIRST + graceMs - 1), undefined)
  t.equal(look(degraded, FIRST + graceMs), 'suspended')
  const bare = state({ status: 'degraded' })
  t.equal(look(bare, SINCE + graceMs - 1), undefined)
  t.equal(look(bare, SINCE + graceMs), 'suspended')
})

t.test('recovery forgets the loss and the grace period', async (t) => {
  for (const status of ['degraded', 'suspended'] as const) {
    const lost = state({ status, lossSeenAt: FIRST, graceEndsAt: FIRST + graceMs })
    const outcome = nextDomainState(lost, seen('missing', 'points_here'), FIRST + 1, SETTINGS)
    t.match(outcome.transition, { to: 'active', code: 'routing_ok' })
    t.same([outcome.lossSeenAt, outcome.graceEndsAt], [undefined, undefined])
  }
})

t.test('each reason says what was seen', async (t) => {
  const reasonOf = (status: DomainStatus, ownership: OwnershipKind, routing: RoutingKind) =>
    nextDomainState(state({ status }), seen(ownership, routing), FIRST, SETTINGS).reason.code
  const pending = (kind: OwnershipKind) => reasonOf('pending_verification', kind, 'unknown')
  t.same(OWNERSHIPS.map(pending), [
    'ownership_proved',
    'txt_not_found',
    'txt_wrong',
    'txt_via_cname',
    'dns_unknown',
  ])
  const verified = (kind: RoutingKind) => reasonOf('verified', 'proved', kind)
  t.same(ROUTINGS.map(verified), [
    'routing_ok',
    'routing_elsewhere',
    'routing_elsewhere',
    'routing_missing',
    'routing_missing',
    'dns_unknown',
  ])
  const active = (kind: RoutingKind) => reasonOf('active', 'proved', kind)
  t.same(ROUTINGS.map(active), [
    'routing_ok',
    'routing_elsewhere',
    'routing_elsewhere',
    'routing_missing',
    'routing_ok',
    'routing_ok',
  ])
  const lost = state({ lossSeenAt: FIRST })
  const blind = nextDomainState(lost, seen('proved', 'unknown'), FIRST + 1, SETTINGS)
  t.equal(blind.reason.code, 'dns_unknown')
  const degraded = (kind: RoutingKind) => reasonOf('degraded', 'proved', kind)
  t.equal(degraded('unknown'), 'routing_lost')
  t.equal(reasonOf('suspended', 'proved', 'unknown'), 'grace_expired')
})
