import t from 'tap'
import { DOMAIN_STATUS_NAMES, type DomainStatus } from '@fingerpost/model/domain-status'
import { REMINDERS } from '@fingerpost/model/notice'
import { domainNotices, ownershipNotice, type NoticedDomain } from './domain-notices.ts'

const NOW = 1_800_000_000_000

function domain(status: DomainStatus, differs: Partial<NoticedDomain> = {}): NoticedDomain {
  return {
    id: 'dom_1',
    hostname: 'links.example.com',
    status,
    statusSince: NOW,
    graceEndsAt: undefined,
    ownershipMissingSince: undefined,
    ...differs,
  }
}

function eventsOf(from: DomainStatus, to: DomainStatus): readonly string[] {
  const happening = { before: { status: from }, after: domain(to), message: 'Why.', reminders: [] }
  return domainNotices(happening).map(({ event }) => event)
}

const CASES: readonly (readonly [DomainStatus, DomainStatus, string])[] = [
  ['pending_verification', 'verified', 'domain.verified'],
  ['pending_verification', 'active', 'domain.active'],
  ['verified', 'active', 'domain.active'],
  ['active', 'degraded', 'domain.degraded'],
  ['degraded', 'active', 'domain.recovered'],
  ['degraded', 'suspended', 'domain.suspended'],
  ['suspended', 'active', 'domain.recovered'],
]

for (const [from, to, event] of CASES) {
  t.test(`from ${from} to ${to} is told as ${event}`, async (t) => {
    t.same(eventsOf(from, to), [event])
  })
}

t.test('no change of status and no way back to a claim is told', async (t) => {
  for (const status of DOMAIN_STATUS_NAMES) {
    t.same(eventsOf(status, status), [], status)
    t.same(eventsOf(status, 'pending_verification'), [], status)
  }
})

t.test('a notice says what, why, since when and until when', async (t) => {
  const after = domain('degraded', { graceEndsAt: NOW + 60_000 })
  const message = 'There is no CNAME.'
  const before = { status: 'active' } as const
  t.same(domainNotices({ before, after, message, reminders: [] }), [
    {
      event: 'domain.degraded',
      fact: `domain.degraded:dom_1:${NOW}`,
      message: '"links.example.com" does not lead here any more. There is no CNAME.',
      details: {
        status: 'degraded',
        status_since: '2027-01-15T08:00:00.000Z',
        grace_ends_at: '2027-01-15T08:01:00.000Z',
      },
    },
  ])
})

t.test('each reminder is a fact of its own, the same each time', async (t) => {
  const after = domain('degraded', { graceEndsAt: NOW + 60_000, ownershipMissingSince: NOW + 7 })
  const tell = () => domainNotices({ before: after, after, message: 'Why.', reminders: REMINDERS })
  t.same(
    tell().map(({ fact }) => fact),
    [
      `domain.grace_half_over:dom_1:${NOW}`,
      `domain.grace_last_day:dom_1:${NOW}`,
      `domain.ownership_record_missing:dom_1:${NOW + 7}`,
    ],
  )
  t.same(tell(), tell())
  t.match(tell()[0]?.message, / end at 2027-01-15T08:01:00\.000Z, unless /)
})

t.test('a reminder whose instant is not known is told nevertheless', async (t) => {
  const after = domain('degraded')
  const told = domainNotices({ before: after, after, message: 'Why.', reminders: REMINDERS })
  t.match(told[0], { message: / end soon, unless /, details: { grace_ends_at: null } })
  t.match(told[2], { fact: `domain.ownership_record_missing:dom_1:${NOW}` })
})

t.test('either side of a takeover is told what it means for it', async (t) => {
  for (const side of ['gained', 'lost'] as const) {
    t.match(ownershipNotice(domain('verified'), side, 'It moved.'), {
      event: 'domain.ownership_changed',
      fact: `domain.ownership_changed:dom_1:${NOW}`,
      message: 'It moved.',
      details: { hostname_was: side, status: 'verified' },
    })
  }
})
