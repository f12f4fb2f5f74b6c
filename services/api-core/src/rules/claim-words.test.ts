import t from 'tap'
import type { DomainReasonMessage } from '@fingerpost/model/domain-check'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import {
  hostnameInUse,
  ownershipMoved,
  ownershipTaken,
  reasonAfterCheck,
  withEarlierUse,
} from './claim-words.ts'

const hostname = 'links.example.com'
const ALONE = {
  hostname,
  isHeldByOther: false,
  hasForeignTombstone: false,
}
const NOT_FOUND: DomainReasonMessage = { code: 'txt_not_found', message: 'There is no TXT.' }
const PROVED: DomainReasonMessage = { code: 'ownership_proved', message: 'TXT proves it.' }
const IN_USE = hostnameInUse(hostname)
const MOVED = ownershipMoved(hostname)
const EARLIER = withEarlierUse(NOT_FOUND, { hostname, hasForeignTombstone: true })

const CASES = [
  { when: 'a claim alone', before: NOT_FOUND, checked: NOT_FOUND, then: NOT_FOUND },
  {
    when: 'a claim beside a holder',
    before: NOT_FOUND,
    checked: NOT_FOUND,
    isHeldByOther: true,
    then: NOT_FOUND,
  },
  {
    when: 'a claim whose hostname was used before',
    before: NOT_FOUND,
    checked: NOT_FOUND,
    hasForeignTombstone: true,
    then: EARLIER,
  },
  {
    when: 'a proved claim whose hostname was used before',
    before: NOT_FOUND,
    checked: PROVED,
    hasForeignTombstone: true,
    then: PROVED,
  },
  {
    when: 'a proved claim beside a holder',
    before: NOT_FOUND,
    checked: PROVED,
    isHeldByOther: true,
    then: PROVED,
  },
  {
    when: 'a claim that lost its hostname, while another one holds it',
    before: MOVED,
    checked: NOT_FOUND,
    isHeldByOther: true,
    then: MOVED,
  },
  {
    when: 'a claim that lost its hostname, once nobody holds it',
    before: MOVED,
    checked: NOT_FOUND,
    then: NOT_FOUND,
  },
  {
    when: 'a claim that lost its hostname and is proved again',
    before: MOVED,
    checked: IN_USE,
    isHeldByOther: true,
    then: IN_USE,
  },
] as const

for (const { when, before, checked, then, ...surroundings } of CASES) {
  t.test(`reason after a check: ${when}`, async (t) => {
    const domain = { status: 'pending_verification', reason: before } as const
    t.same(reasonAfterCheck(domain, checked, { ...ALONE, ...surroundings }), then)
  })
}

t.test('of a domain that holds its hostname the check alone says why', async (t) => {
  const rivals = { ...ALONE, isHeldByOther: true, hasForeignTombstone: true }
  for (const status of DOMAIN_STATUS_NAMES) {
    if (status === 'pending_verification') continue
    t.same(reasonAfterCheck({ status, reason: MOVED }, NOT_FOUND, rivals), NOT_FOUND, status)
  }
})

t.test('each sentence about a claim says what to do', async (t) => {
  t.match(EARLIER.message, /^There is no TXT\. .*earlier use.*TXT value of this very domain/)
  t.equal(withEarlierUse(NOT_FOUND, ALONE), NOT_FOUND)
  t.match(IN_USE, { code: 'hostname_in_use', message: /take every other TXT value away/ })
  t.match(MOVED, {
    code: 'ownership_moved',
    message: /^"links\.example\.com" moved .* get it back/,
  })
  t.match(ownershipTaken(hostname), /^"links\.example\.com" moved here/)
})
