import t from 'tap'
import { NEVER_LOOKED_AT, NO_OBSERVATIONS, type RecordState } from '@fingerpost/model/domain-check'
import { decideCheck, type CheckedDomain } from './check-decision.ts'
import type { Observations } from './domain-state.ts'

const NOW = 1_000 * 86_400_000
const SETTINGS = { confirmMs: 60_000, graceMs: 86_400_000, healthIntervalMs: 900_000 }
const FAST = { fastUntil: NOW + 60_000 }

const domain = (change: Partial<CheckedDomain>, ownership: RecordState = 'missing') => ({
  status: 'pending_verification' as const,
  statusSince: NOW - 60_000,
  lossSeenAt: undefined,
  graceEndsAt: undefined,
  fastUntil: NOW - 1,
  observations: {
    ...NO_OBSERVATIONS,
    ownership: { ...NEVER_LOOKED_AT, state: ownership },
  },
  ...change,
})

const seen = (
  ownership: Observations['ownership']['kind'],
  routing: Observations['routing']['kind'],
): Observations => ({
  ownership: { kind: ownership, found: ['o'], message: `${ownership}.` },
  routing: { kind: routing, found: ['r'], message: `${routing}.` },
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
    nextCheckAt: NOW + SETTINGS.healthIntervalMs,
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
