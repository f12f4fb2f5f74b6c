import t from 'tap'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { dueReminders, type ReminderFacts } from './reminders.ts'

const DAY_MS = 86_400_000
const LOST = 1_000 * DAY_MS

const degraded = (graceMs: number): ReminderFacts => ({
  status: 'degraded',
  lossSeenAt: LOST,
  graceEndsAt: LOST + graceMs,
  isLossSeen: true,
  ownership: 'proved',
  ownershipBefore: { state: 'found' },
})

t.test('the owner is reminded at half and on the last day of the grace period', async (t) => {
  const at = (ms: number) => dueReminders(degraded(7 * DAY_MS), LOST + ms)
  t.same(at(3.5 * DAY_MS - 1), [])
  t.same(at(3.5 * DAY_MS), ['domain.grace_half_over'])
  t.same(at(6 * DAY_MS - 1), ['domain.grace_half_over'])
  t.same(at(6 * DAY_MS), ['domain.grace_last_day'])
  t.same(at(7 * DAY_MS - 1), ['domain.grace_last_day'])
  t.same(at(7 * DAY_MS), [])
})

t.test('a grace period of two days or less has no last day of its own', async (t) => {
  t.same(dueReminders(degraded(2 * DAY_MS), LOST + 1.5 * DAY_MS), ['domain.grace_half_over'])
  t.same(dueReminders(degraded(2 * DAY_MS + 2), LOST + 1.5 * DAY_MS), ['domain.grace_last_day'])
})

t.test('nobody is reminded of what this look did not see', async (t) => {
  const late = LOST + 6.5 * DAY_MS
  const grace = degraded(7 * DAY_MS)
  t.same(dueReminders({ ...grace, isLossSeen: false }, late), [])
  t.same(dueReminders({ ...grace, status: 'active' }, late), [])
  t.same(dueReminders({ ...grace, lossSeenAt: undefined }, late), [])
  t.same(dueReminders({ ...grace, graceEndsAt: undefined }, late), [])
})

t.test('a TXT record that two looks in a row did not find is a reminder', async (t) => {
  const base: ReminderFacts = { ...degraded(7 * DAY_MS), isLossSeen: false }
  for (const status of DOMAIN_STATUS_NAMES) {
    const facts = { ...base, status, ownership: 'missing' } as const
    const expected = status === 'pending_verification' ? [] : ['domain.ownership_record_missing']
    t.same(dueReminders({ ...facts, ownershipBefore: { state: 'missing' } }, LOST), expected)
    t.same(dueReminders({ ...facts, ownershipBefore: { state: 'wrong' } }, LOST), expected)
    t.same(dueReminders({ ...facts, ownershipBefore: { state: 'found' } }, LOST), [])
    t.same(dueReminders({ ...facts, ownershipBefore: { state: 'unknown' } }, LOST), [])
  }
  const before = { state: 'missing' } as const
  for (const ownership of ['proved', 'via_cname', 'unknown'] as const) {
    t.same(
      dueReminders({ ...base, status: 'active', ownership, ownershipBefore: before }, LOST),
      [],
    )
  }
})
