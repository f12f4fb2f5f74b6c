import t from 'tap'
import {
  CERTIFICATE_STATUSES,
  type CertificateFacts,
  type SeenCertificate,
} from '@fingerpost/model/certificate'
import { DOMAIN_STATUS_NAMES, type DomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import {
  GROUP_STATUSES,
  groupStatus,
  MEMBER_STATUSES,
  memberStatus,
  type GroupStatus,
  type MemberStatus,
} from './group-status.ts'

const NOW = 1_800_000_000_000

const seenUntil = (notAfter: number): SeenCertificate => ({
  issuer: 'Example CA',
  keyType: 'P-256',
  notBefore: NOW - 1_000,
  notAfter,
})

type Seen = 'never' | 'expired' | 'valid'
const SEEN: Readonly<Record<Seen, SeenCertificate | undefined>> = {
  never: undefined,
  expired: seenUntil(NOW),
  valid: seenUntil(NOW + 1),
}

const CERTIFIED: Readonly<Record<CertificateFacts['status'], Record<Seen, MemberStatus>>> = {
  none: { never: 'waiting_for_certificates', expired: 'waiting_for_certificates', valid: 'live' },
  issuing: {
    never: 'waiting_for_certificates',
    expired: 'waiting_for_certificates',
    valid: 'live',
  },
  issued: { never: 'live', expired: 'waiting_for_certificates', valid: 'live' },
  failing: { never: 'failing', expired: 'failing', valid: 'live' },
}

const BY_STATUS: Readonly<
  Record<DomainStatus, readonly [fresh: MemberStatus, seen: MemberStatus]>
> = {
  pending_verification: ['queued', 'waiting_for_dns'],
  verified: ['waiting_for_dns', 'waiting_for_dns'],
  active: ['live', 'live'],
  degraded: ['failing', 'failing'],
  suspended: ['failing', 'failing'],
}

t.test('a hostname is as far as its domain, and then as its certificate', async (t) => {
  for (const status of DOMAIN_STATUS_NAMES) {
    for (const certificateStatus of CERTIFICATE_STATUSES) {
      for (const seen of Object.keys(SEEN) as Seen[]) {
        for (const isLookedAt of [false, true]) {
          for (const needsCertificate of [false, true]) {
            const certificate = { status: certificateStatus, seen: SEEN[seen] }
            const facts = { status, isLookedAt, needsCertificate, certificate }
            const byCertificate = status === 'active' && needsCertificate
            const then = byCertificate
              ? CERTIFIED[certificateStatus][seen]
              : BY_STATUS[status][isLookedAt ? 1 : 0]
            t.equal(memberStatus(facts, NOW), then, JSON.stringify(facts))
          }
        }
      }
    }
  }
})

/** What a group of two is, by what its members are; either may be the first. */
const PAIRS: readonly [MemberStatus, MemberStatus, GroupStatus][] = [
  ['queued', 'queued', 'queued'],
  ['queued', 'waiting_for_dns', 'waiting_for_dns'],
  ['queued', 'waiting_for_certificates', 'queued'],
  ['queued', 'live', 'partly_live'],
  ['queued', 'failing', 'failing'],
  ['waiting_for_dns', 'waiting_for_dns', 'waiting_for_dns'],
  ['waiting_for_dns', 'waiting_for_certificates', 'waiting_for_dns'],
  ['waiting_for_dns', 'live', 'partly_live'],
  ['waiting_for_dns', 'failing', 'failing'],
  ['waiting_for_certificates', 'waiting_for_certificates', 'waiting_for_certificates'],
  ['waiting_for_certificates', 'live', 'partly_live'],
  ['waiting_for_certificates', 'failing', 'failing'],
  ['live', 'live', 'live'],
  ['live', 'failing', 'partly_live'],
  ['failing', 'failing', 'failing'],
]

t.test('a group of one is what its hostname is', async (t) => {
  for (const status of MEMBER_STATUSES) {
    t.equal(groupStatus([member('a.example.com', status)]).status, status)
    t.equal(groupStatus([]).status, 'queued', 'a group of nobody')
  }
})

t.test(
  'a group is live when all are, partly when some are, else what is most urgent',
  async (t) => {
    t.equal(PAIRS.length, (MEMBER_STATUSES.length * (MEMBER_STATUSES.length + 1)) / 2)
    const told = new Set<GroupStatus>()
    for (const [one, other, then] of PAIRS) {
      const members = [member('a.example.com', one), member('b.example.com', other)]
      for (const order of [members, members.toReversed()]) {
        const { status, message } = groupStatus(order)
        t.equal(status, then, `${one}, ${other}`)
        for (const { hostname, status: own } of order) {
          t.equal(message.includes(hostname), own !== 'live', `${message} (${hostname} is ${own})`)
        }
        t.match(message, /^[A-Z].*\.$/)
        told.add(status)
      }
    }
    t.same([...told].toSorted(), [...GROUP_STATUSES].toSorted())
  },
)

t.test('the sentence lists what is not live, the most urgent first', async (t) => {
  const members = [
    member('a.example.com', 'waiting_for_certificates'),
    member('b.example.com', 'live'),
    member('c.example.com', 'failing'),
    member('d.example.com', 'failing'),
  ]
  t.equal(
    groupStatus(members).message,
    'Some hostnames are live, others are not. Failing: "c.example.com", "d.example.com". ' +
      'Waiting for a certificate: "a.example.com".',
  )
})

function member(name: string, status: MemberStatus): { hostname: Hostname; status: MemberStatus } {
  const hostname = canonicalHostname(name)
  if (hostname === undefined) throw new Error('The test is wrong.')
  return { hostname, status }
}
