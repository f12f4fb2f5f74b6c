import t from 'tap'
import { NEVER_LOOKED_AT, NO_OBSERVATIONS, type RecordState } from '@fingerpost/model/domain-check'
import { decideCheck, type CheckedDomain, type SeenByCheck } from './check-decision.ts'

const NOW = 1_000 * 86_400_000
const SETTINGS = { confirmMs: 60_000, graceMs: 86_400_000, healthIntervalMs: 900_000 }
const FAST = { fastUntil: NOW + 60_000 }

const domain = (change: Partial<CheckedDomain>, ownership: RecordState = 'missing') => ({
  status: 'pending_verification' as const,
  statusSince: NOW - 60_000,
  lossSeenAt: undefined,
  graceEndsAt: undefined,
  fastUntil: NOW - 1,
  holder: undefined,
  takeoverSeenAt: undefined,
  isTombstone: false,
  observations: {
    ...NO_OBSERVATIONS,
    ownership: { ...NEVER_LOOKED_AT, state: ownership },
  },
  ...change,
})

const seen = (
  ownership: SeenByCheck['ownership']['kind'],
  routing: SeenByCheck['routing']['kind'],
): SeenByCheck => ({
  ownership: { kind: ownership, found: ['o'], message: `${ownership}.` },
  routing: { kind: routing, found: ['r'], message: `${routing}.` },
  probe: NO_OBSERVATIONS.probe,
  caa: NO_OBSERVATIONS.caa,
})

t.test('a proof is followed up at once, so that both records count within a second', async (t) => {
  const decision = decideCheck(domain(FAST), seen('proved', 'points_here'), NOW, SETTINGS, 0.5)
  t.match(decision, { transition: { to: 'verified' }, nextCheckAt: NOW })
})

t.test('a proof that another workspace stands against is not followed up at once', async (t) => {
  const held = domain(FAST, 'found')
  const decision = decideCheck(held, seen('proved', 'points_here'), NOW, SETTINGS, 0.5)
  t.match(decision, { transition: { to: 'verified' }, nextCheckAt: NOW + 5_000 })
})

t.test('the schedule starts from the state that the check leads to', async (t) => {
  const degraded = { lossSeenAt: NOW - 60_000, graceEndsAt: undefined, status: 'active' } as const
  const decision = decideCheck(domain(degraded), seen('proved', 'missing'), NOW, SETTINGS, 0.5)
  t.match(decision, {
    transition: { to: 'degraded' },
    graceEndsAt: NOW - 60_000 + SETTINGS.graceMs,
    nextCheckAt: NOW + SETTINGS.healthIntervalMs / 3,
  })
})

t.test('what was seen is stored as record states', async (t) => {
  const stored = (...kinds: Parameters<typeof seen>) => {
    const { observations } = decideCheck(domain({}), seen(...kinds), NOW, SETTINGS, 0.5)
    t.same(observations.ownership.found, ['o'])
    t.same(observations.routing.found, ['r'])
    t.equal(observations.ownership.checkedAt, NOW)
    t.equal(observations.routing.checkedAt, NOW)
    return [observations.ownership.state, observations.routing.state]
  }
  t.same(stored('proved', 'points_here'), ['found', 'found'])
  t.same(stored('missing', 'missing'), ['missing', 'missing'])
  t.same(stored('wrong', 'points_elsewhere'), ['wrong', 'wrong'])
  t.same(stored('via_cname', 'points_partly'), ['wrong', 'wrong'])
  t.same(stored('unknown', 'unknown'), ['unknown', 'unknown'])
  t.same(stored('missing', 'both_missing'), ['missing', 'missing'])
})

const decide = (change: Partial<CheckedDomain>, look: SeenByCheck) =>
  decideCheck(domain(change), look, NOW, SETTINGS, 0.5)

const HOLDER = { domainId: 'dom_holder' }

t.test('a claim takes a hostname over when the other proof is gone twice', async (t) => {
  const gone = seen('proved', 'points_here')
  const look = { ...gone, ownership: { ...gone.ownership, holderToken: 'absent' as const } }
  const first = decide({ holder: HOLDER, ...FAST }, look)
  t.match(first, { transition: undefined, takeoverSeenAt: NOW, nextCheckAt: NOW + 60_000 })
  const later = { holder: HOLDER, takeoverSeenAt: NOW - 60_000 }
  const second = decide(later, look)
  t.match(second.transition, { to: 'verified', takesOverFrom: 'dom_holder' })
  t.equal(second.takeoverSeenAt, undefined)
})

t.test('a claim with a holder beside it is not verified by its own proof', async (t) => {
  const untold = decide({ holder: HOLDER, takeoverSeenAt: NOW - 1 }, seen('proved', 'unknown'))
  t.match(untold, { transition: undefined, takeoverSeenAt: NOW - 1 })
  t.equal(untold.reason.code, 'hostname_in_use')
})

t.test(
  'a claim that cannot be told keeps its takeover in sight, one without proof not',
  async (t) => {
    const inSight = { holder: HOLDER, takeoverSeenAt: NOW - 1 }
    t.equal(decide(inSight, seen('unknown', 'unknown')).takeoverSeenAt, NOW - 1)
    t.equal(decide(inSight, seen('missing', 'unknown')).takeoverSeenAt, undefined)
    t.equal(decide(inSight, seen('missing', 'unknown')).reason.code, 'txt_not_found')
  },
)

t.test('a probe that reached every address is stored as found routing', async (t) => {
  const probe = { state: 'reached', message: 'All answered.', checkedAt: NOW } as const
  const decision = decide({ status: 'verified' }, { ...seen('proved', 'points_elsewhere'), probe })
  t.match(decision, {
    transition: { to: 'active' },
    observations: { probe, routing: { state: 'found' } },
  })
})

t.test('the owner of a degraded domain is reminded by a look that saw the loss', async (t) => {
  const degraded = {
    status: 'degraded',
    lossSeenAt: NOW - 80_000_000,
    graceEndsAt: NOW + 6_400_000,
  } as const
  t.same(decide(degraded, seen('proved', 'missing')).reminders, ['domain.grace_half_over'])
  t.same(decide(degraded, seen('proved', 'unknown')).reminders, [])
})

t.test('a deleted domain is only looked at, until its DNS is gone', async (t) => {
  const tombstone = { isTombstone: true, status: 'active' } as const
  const here = decide(tombstone, seen('missing', 'points_here'))
  t.match(here, { transition: undefined, lossSeenAt: undefined, reminders: [] })
  t.equal(here.reason.code, 'routing_ok')
  t.equal(here.nextCheckAt, NOW + 4 * SETTINGS.healthIntervalMs)
  const gone = decide({ ...tombstone, lossSeenAt: NOW - 60_000 }, seen('missing', 'missing'))
  t.match(gone, { transition: undefined, nextCheckAt: undefined })
  t.equal(gone.reason.code, 'routing_missing')
})

t.test('a hostname that only HTTP proves is not lost while HTTP cannot be tried', async (t) => {
  const reached = { state: 'reached', message: 'Reached.', checkedAt: NOW - 900_000 } as const
  const untried = { state: 'unknown', message: 'Not tried.', checkedAt: NOW } as const
  const observations = { ...NO_OBSERVATIONS, probe: reached }
  const active = domain({ status: 'active', lossSeenAt: NOW - 60_000, observations })
  const look = { ...seen('proved', 'points_elsewhere'), probe: untried }
  const decision = decideCheck(active, look, NOW, SETTINGS, 0.5)
  t.match(decision, {
    transition: undefined,
    observations: { probe: reached, routing: { state: 'unknown' } },
    lossSeenAt: NOW - 60_000,
  })
})
