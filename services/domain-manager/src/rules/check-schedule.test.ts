import t from 'tap'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import {
  FAST_INTERVAL_MS,
  nextCheckAt,
  NEED_FACTOR,
  PENDING_PATIENCE_MS,
  RECENT_MS,
  type ScheduleFacts,
} from './check-schedule.ts'

const NOW = 1_000 * 86_400_000
const HEALTH_MS = 900_000
const CONFIRM_MS = 60_000
const SETTINGS = { healthIntervalMs: HEALTH_MS, confirmMs: CONFIRM_MS }
const HALF = 0.5

const facts = (change: Partial<ScheduleFacts>): ScheduleFacts => ({
  status: 'active',
  statusSince: NOW - RECENT_MS,
  lossSeenAt: undefined,
  graceEndsAt: undefined,
  takeoverSeenAt: undefined,
  fastUntil: NOW - 86_400_000,
  isFollowUpDue: false,
  ...change,
})

const pause = (change: Partial<ScheduleFacts>, random = HALF, settings = SETTINGS): number =>
  nextCheckAt(facts(change), NOW, settings, random) - NOW

t.test('a domain that somebody waits for is looked at every five seconds', async (t) => {
  for (const status of ['pending_verification', 'verified', 'degraded', 'suspended'] as const) {
    t.equal(pause({ status, fastUntil: NOW + 1 }), FAST_INTERVAL_MS, status)
    t.not(pause({ status, fastUntil: NOW - 60_000 }), FAST_INTERVAL_MS, `${status}, later`)
  }
  t.equal(pause({ status: 'active', fastUntil: NOW + 1 }), HEALTH_MS, 'nobody waits for active')
})

t.test('the fast time ends exactly when it ends', async (t) => {
  const since = (ms: number): number =>
    pause({ status: 'pending_verification', fastUntil: NOW - ms })
  t.equal(since(-1), FAST_INTERVAL_MS)
  t.equal(since(0), FAST_INTERVAL_MS)
  t.equal(since(4_000), FAST_INTERVAL_MS + 1_000)
})

t.test('after the fast time pauses grow up to the health interval and no further', async (t) => {
  const grown = [0, 60_000, 600_000, 3_000_000, 3_600_000, 6 * 86_400_000].map((ms) =>
    pause({ status: 'pending_verification', fastUntil: NOW - ms }),
  )
  t.same(grown, [5_000, 20_000, 155_000, 755_000, HEALTH_MS, HEALTH_MS])
})

t.test('a domain unproved for seven days is looked at every fourth health interval', async (t) => {
  const after = (ms: number): number =>
    pause({ status: 'pending_verification', statusSince: NOW - ms })
  t.equal(after(PENDING_PATIENCE_MS - 1), HEALTH_MS)
  t.equal(after(PENDING_PATIENCE_MS), 4 * HEALTH_MS)
  t.equal(pause({ status: 'verified', statusSince: 0 }), HEALTH_MS, 'a proved one is not')
  const asked = { status: 'pending_verification', statusSince: 0, fastUntil: NOW + 1 } as const
  t.equal(pause(asked), FAST_INTERVAL_MS, 'nor one whose owner asked for a check')
})

t.test('pauses are spread by a tenth in both directions', async (t) => {
  for (const status of DOMAIN_STATUS_NAMES) {
    const usual = status === 'degraded' ? HEALTH_MS / NEED_FACTOR : HEALTH_MS
    t.equal(pause({ status }, 0), usual * 0.9, status)
    t.equal(pause({ status }, 1), Math.round(usual * 1.1), status)
  }
})

t.test('a loss just seen is looked at again when it can be confirmed', async (t) => {
  t.equal(pause({ lossSeenAt: NOW }, 0), CONFIRM_MS)
  t.equal(pause({ lossSeenAt: NOW }, 1, { ...SETTINGS, confirmMs: 0 }), 0)
  t.equal(pause({ lossSeenAt: NOW - 10_000 }), CONFIRM_MS, 'not sooner, it cannot be told')
})

t.test('a loss that cannot be told is not asked for without a pause', async (t) => {
  t.equal(pause({ lossSeenAt: NOW - CONFIRM_MS }), CONFIRM_MS)
  t.equal(pause({ lossSeenAt: NOW - 9 }, HALF, { healthIntervalMs: 200, confirmMs: 0 }), 200)
  t.equal(pause({ lossSeenAt: NOW - 9 }, HALF, { ...SETTINGS, confirmMs: 0 }), FAST_INTERVAL_MS)
})

t.test('a loss that is too old to be confirmed is asked for no more often', async (t) => {
  t.equal(pause({ lossSeenAt: NOW - 2 * HEALTH_MS }), CONFIRM_MS)
  t.equal(pause({ lossSeenAt: NOW - 2 * HEALTH_MS - 1 }), HEALTH_MS)
})

t.test('a clock that was set back does not put a look off', async (t) => {
  t.equal(pause({ lossSeenAt: NOW + 90_000_000 }), HEALTH_MS)
})

t.test('the end of the grace period is met to the millisecond', async (t) => {
  const until = (ms: number): number => pause({ status: 'degraded', graceEndsAt: NOW + ms })
  t.equal(until(1), 1)
  const usual = HEALTH_MS / NEED_FACTOR
  t.equal(until(usual - 1), usual - 1)
  t.equal(until(usual), usual)
  t.equal(until(usual + 1), usual)
  t.equal(until(0), usual, 'once it is over the interval counts')
  t.equal(until(-1), usual)
})

t.test('a domain that is degraded or has just changed is looked at sooner', async (t) => {
  const soon = HEALTH_MS / NEED_FACTOR
  for (const status of ['active', 'suspended'] as const) {
    t.equal(pause({ status, statusSince: NOW - RECENT_MS + 1 }), soon, status)
    t.equal(pause({ status, statusSince: NOW - RECENT_MS }), HEALTH_MS, status)
  }
  t.equal(pause({ status: 'degraded', statusSince: 0 }), soon)
})

t.test('a takeover in sight is looked at again when it can be confirmed', async (t) => {
  const claim = { status: 'pending_verification', fastUntil: NOW + 1 } as const
  t.equal(pause({ ...claim, takeoverSeenAt: NOW }), CONFIRM_MS)
  t.equal(pause({ ...claim, takeoverSeenAt: NOW - 10_000 }), CONFIRM_MS)
  t.equal(pause({ ...claim, takeoverSeenAt: NOW - 2 * HEALTH_MS - 1 }), FAST_INTERVAL_MS)
  t.equal(pause({ status: 'verified', takeoverSeenAt: NOW }), HEALTH_MS, 'not of others')
})

t.test('a follow-up is due at once', async (t) => {
  t.equal(pause({ status: 'verified', isFollowUpDue: true }), 0)
})

t.test('short intervals make short pauses', async (t) => {
  const settings = { healthIntervalMs: 200, confirmMs: 0 }
  for (const status of DOMAIN_STATUS_NAMES) {
    t.equal(pause({ status, fastUntil: NOW + 1 }, HALF, settings), 200, status)
  }
})
