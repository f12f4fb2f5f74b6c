import t from 'tap'
import { NOTICE_EVENTS, type NoticeEvent } from '@fingerpost/model/notice'
import { factOf, type NoticedDomain } from './domain-notices.ts'
import { whyMailIsStale } from './stale-mail.ts'

const NOW = 1_800_000_000_000

const DEGRADED: NoticedDomain & { readonly isDeleted: boolean } = {
  id: 'dom_1',
  hostname: 'links.example.com',
  status: 'degraded',
  statusSince: NOW,
  graceEndsAt: NOW + 60_000,
  ownershipMissingSince: NOW - 7,
  isDeleted: false,
}

const told = (event: NoticeEvent) => ({ event, fact: factOf(event, DEGRADED) })

t.test('what still holds is mailed', async (t) => {
  for (const event of NOTICE_EVENTS) t.equal(whyMailIsStale(told(event), DEGRADED), undefined)
})

t.test('nothing is mailed of a domain that is deleted', async (t) => {
  for (const event of NOTICE_EVENTS) {
    t.match(whyMailIsStale(told(event), { ...DEGRADED, isDeleted: true }), /was deleted/)
  }
})

t.test('a warning is not mailed when it is over, nor for the next time', async (t) => {
  const later = { statusSince: NOW + 1, ownershipMissingSince: NOW + 1 }
  for (const domain of [
    { ...DEGRADED, ...later, status: 'active' },
    { ...DEGRADED, ...later },
  ] as const) {
    const stale = NOTICE_EVENTS.filter((event) => whyMailIsStale(told(event), domain) !== undefined)
    t.same(stale, [
      'domain.degraded',
      'domain.grace_half_over',
      'domain.grace_last_day',
      'domain.suspended',
      'domain.ownership_record_missing',
    ])
  }
  const back = { ...DEGRADED, ownershipMissingSince: undefined }
  const missing = told('domain.ownership_record_missing')
  t.match(whyMailIsStale(missing, back), /over before/, 'the record is there again')
})
