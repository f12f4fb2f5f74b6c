import t from 'tap'
import type { CertificateRecord, CheckRecord, DueDomain } from '@fingerpost/contract/core-api'
import { NO_CERTIFICATE, type CertificateFacts } from '@fingerpost/model/certificate'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import { NO_OBSERVATIONS, type CaaObservation } from '@fingerpost/model/domain-check'
import { checkDomain } from '../src/work/check-domain.ts'
import type { DnsLook } from '../src/work/observe-domain.ts'
import { name } from './hostname-list.ts'
import { collectingLog, SETTINGS, START } from './world.ts'

const NOW = START
const DUE: DueDomain = {
  id: 'dom_1',
  workspaceId: 'ws_1',
  hostname: name('links.acme.com'),
  status: 'active',
  statusSince: NOW - 86_400_000,
  version: 3,
  cnameTarget: 'k1.edge.example.net',
  verificationToken: 'token',
  fastUntil: 0,
  quietChecks: 9,
  lossSeenAt: undefined,
  graceEndsAt: undefined,
  observations: NO_OBSERVATIONS,
  certificate: NO_CERTIFICATE,
  holder: undefined,
  takeoverSeenAt: undefined,
  isTombstone: false,
  lease: 'lease',
  dueAt: NOW,
}
const DNS: DnsLook = {
  ownership: { kind: 'proved', found: ['token'], message: 'Proved.' },
  routing: { kind: 'points_here', found: ['192.0.2.80'], message: 'Here.' },
  addresses: ['192.0.2.80'],
  evidence: [],
}
const REACHED = { state: 'reached', message: 'Reached.', checkedAt: NOW } as const
const ALLOWS: CaaObservation = { state: 'allows', message: '', fix: undefined, checkedAt: NOW }
const FORBIDS: CaaObservation = {
  state: 'forbids',
  message: 'CAA at acme.com allows only digicert.com.',
  fix: 'Add a record there.',
  checkedAt: NOW,
}

const CAA_ANSWER: Evidence = {
  role: 'resolver',
  server: '192.0.2.53:53',
  question: 'CAA acme.com',
  outcome: 'NOERROR',
  values: ['0 issue "digicert.com"'],
  ttlS: 60,
  at: NOW,
}

type Given = {
  readonly due?: Partial<DueDomain>
  readonly dns?: Partial<DnsLook>
  readonly caa?: CaaObservation
}

/** Checks a domain with looks that the test decides, and gives what became of it. */
async function check({ due = {}, dns = {}, caa = ALLOWS }: Given) {
  const looks: string[] = []
  const warmed: string[] = []
  const records: CheckRecord[] = []
  const news: CertificateRecord[] = []
  await checkDomain({ ...DUE, ...due }, new AbortController().signal, {
    core: {
      async recordCheck(record) {
        records.push(record)
        return 'applied'
      },
      async recordCertificate(record) {
        news.push(record)
      },
    },
    observe: async () => ({ ...DNS, ...dns }),
    async probe({ addresses }) {
      looks.push(`probe ${addresses.join(' ')}`)
      return { probe: REACHED, evidence: [] }
    },
    async lookAtCaa() {
      looks.push('caa')
      return { caa, evidence: [CAA_ANSWER] }
    },
    keepWarm: ({ hostname }) => warmed.push(hostname),
    settings: SETTINGS,
    clock: { now: () => NOW },
    random: () => 0.5,
    log: collectingLog().log,
  })
  return { looks, warmed, record: records[0], news }
}

t.test('a check takes every look, and has the certificate kept warm', async (t) => {
  const { looks, warmed, record, news } = await check({})
  t.same(looks, ['probe 192.0.2.80', 'caa'])
  t.same(warmed, [DUE.hostname])
  t.match(record, { observations: { probe: REACHED, caa: ALLOWS } })
  t.same(news, [])
})

t.test('a stored probe does not speak for addresses that are gone', async (t) => {
  const observations = { ...NO_OBSERVATIONS, probe: { ...REACHED, checkedAt: NOW - 60_000 } }
  const routing = { kind: 'missing', found: [], message: 'Missing.' } as const
  const { looks, record } = await check({
    due: { observations },
    dns: { routing, addresses: [] },
  })
  t.same(looks, ['caa'])
  t.match(record, { lossSeenAt: NOW, observations: { probe: { state: 'not_tried' } } })
})

t.test('a stored probe stays while none is due, and no addresses are looked for', async (t) => {
  const probe = { ...REACHED, checkedAt: NOW - 60_000 }
  const caa = { ...ALLOWS, checkedAt: NOW - 1 }
  const observations = { ...NO_OBSERVATIONS, probe, caa }
  const { looks, record } = await check({ due: { observations }, dns: { addresses: undefined } })
  t.same(looks, [])
  t.match(record, { observations: { probe, caa } })
})

t.test('no first certificate is asked for that CAA forbids, and that is told once', async (t) => {
  const { warmed, news } = await check({ caa: FORBIDS })
  t.same(warmed, [])
  const message = 'CAA at acme.com allows only digicert.com. Add a record there.'
  const expected = { hostname: DUE.hostname, news: { kind: 'failed', error: { message } } }
  t.match(news, [{ ...expected, evidence: [CAA_ANSWER] }])
  const observations = { ...NO_OBSERVATIONS, caa: { ...FORBIDS, checkedAt: NOW - 1 } }
  const soon = await check({ due: { observations, status: 'verified' }, caa: FORBIDS })
  t.match(soon.news, [{ ...expected, evidence: [CAA_ANSWER] }], 'looked at anew to be told')

  const error = { code: 'caa', message } as const
  const told: CertificateFacts = { ...NO_CERTIFICATE, status: 'failing', error }
  const again = await check({ due: { certificate: told }, caa: FORBIDS })
  t.same([again.warmed, again.news], [[], []])
  const fixed = await check({ due: { certificate: told } })
  t.same([fixed.warmed, fixed.news], [[DUE.hostname], []], 'and it is asked for once they allow it')
})

t.test('a certificate that is there is kept warm whatever CAA says', async (t) => {
  const seen = { issuer: 'R11', keyType: 'P-256', notBefore: NOW - 1, notAfter: NOW + 1 }
  const certificate: CertificateFacts = { ...NO_CERTIFICATE, status: 'issued', seen }
  const { warmed, news } = await check({ due: { certificate }, caa: FORBIDS })
  t.same([warmed, news], [[DUE.hostname], []])
})

t.test('a first certificate waits for its next attempt, and for routing', async (t) => {
  const waiting = (nextAttemptAt: number): CertificateFacts => ({
    ...NO_CERTIFICATE,
    status: 'failing',
    nextAttemptAt,
  })
  t.same((await check({ due: { certificate: waiting(NOW + 1) } })).warmed, [])
  t.same((await check({ due: { certificate: waiting(NOW) } })).warmed, [DUE.hostname])
  const routing = { kind: 'missing', found: [], message: 'Missing.' } as const
  const verified = { due: { status: 'verified' }, dns: { routing, addresses: [] } } as const
  t.same((await check(verified)).warmed, [])
})

t.test('of a deleted domain only DNS is looked at', async (t) => {
  const { looks, warmed } = await check({ due: { isTombstone: true } })
  t.same([looks, warmed], [[], []])
})
