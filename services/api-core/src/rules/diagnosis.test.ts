import t from 'tap'
import { NO_CERTIFICATE } from '@fingerpost/model/certificate'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import {
  CAA_STATES,
  DOMAIN_REASONS,
  NO_OBSERVATIONS,
  PROBE_STATES,
  RECORD_STATES,
} from '@fingerpost/model/domain-check'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import {
  ISSUED,
  NOW,
  SEEN,
  stagedDomain,
  TARGET,
  TOKEN,
  type Given,
} from '../../test/staged-domain.ts'
import { diagnose } from './diagnosis.ts'
import { FINDING_AREAS, FINDING_IDS, FINDING_LEVELS, type Finding } from './diagnosis/finding.ts'

const NOT_DNS = ['probe', 'handshake', 'acme'] as const

const diagnosisOf = (given: Given) => diagnose(stagedDomain(given))

function findingOf(id: Finding['id'], given: Given): Finding | undefined {
  return diagnosisOf(given).findings.find((finding) => finding.id === id)
}

function answer(question: string, outcome: string, values: readonly string[] = []): Evidence {
  const server = '192.0.2.1:53'
  return { role: 'resolver', server, question, outcome, values, ttlS: 60, at: NOW }
}

const WELL = {
  status: 'active',
  reason: { code: 'routing_ok', message: 'It leads here.' },
  routing: 'found',
  ownership: 'found',
  certificate: ISSUED,
} as const

t.test('every finding of every combination is whole', async (t) => {
  t.setTimeout(60_000)
  let findings = 0
  for (const status of DOMAIN_STATUS_NAMES) {
    for (const code of DOMAIN_REASONS) {
      for (const routing of RECORD_STATES) {
        for (const ownership of RECORD_STATES) {
          for (const probe of PROBE_STATES) {
            for (const caa of CAA_STATES) {
              const diagnosis = diagnosisOf({
                status,
                reason: { code, message: 'The reason.' },
                routing,
                ownership,
                probe: { ...NO_OBSERVATIONS.probe, state: probe },
                caa: { ...NO_OBSERVATIONS.caa, state: caa },
              })
              findings += diagnosis.findings.length
              const problems = problemsOf(diagnosis)
              if (problems.length > 0) t.fail(problems.join(), { found: diagnosis })
            }
          }
        }
      }
    }
  }
  t.ok(findings > 100_000, `${findings} findings`)
})

function problemsOf({ verdict, findings }: ReturnType<typeof diagnosisOf>): string[] {
  const isSentence = (text: string) =>
    /^["A-Z].*\.$/s.test(text) && !/undefined|null|NaN|""| {2}|\.\./.test(text)
  const hasProblem = findings.some(({ level }) => level === 'problem')
  const checks: readonly (readonly [string, boolean])[] = [
    ['one sentence as the verdict', isSentence(verdict.message)],
    ['a level that fits', (verdict.level === 'problem') === hasProblem],
    ['each finding once', new Set(findings.map(({ id }) => id)).size === findings.length],
    ['known words', findings.every(({ id, area, level }) => isKnown(id, area, level))],
    ['titles', findings.every(({ title }) => /^[A-Z][^\n]{3,120}[^.]$/.test(title))],
    ['details', findings.every(({ detail }) => isSentence(detail))],
    ['fixes', findings.every(({ fix }) => fix === undefined || isSentence(fix))],
    ['nothing to fix where nothing is', findings.every((one) => one.level !== 'ok' || !one.fix)],
  ]
  return checks.filter(([, holds]) => !holds).map(([name]) => name)
}

function isKnown(id: Finding['id'], area: Finding['area'], level: Finding['level']): boolean {
  return FINDING_IDS.includes(id) && FINDING_AREAS.includes(area) && FINDING_LEVELS.includes(level)
}

const CAA_FORBIDS = {
  state: 'forbids',
  message: 'CAA at "example.com" allows only "digicert.com".',
  fix: 'Add 0 issue "letsencrypt.org" at "example.com".',
  checkedAt: NOW,
} as const

const ENDED = { ...ISSUED, seen: { ...Object(SEEN), notAfter: NOW } as typeof SEEN }

const VERDICTS: readonly (readonly [Given, string, string])[] = [
  [WELL, 'ok', '"links.example.com" leads here and has a certificate.'],
  [
    { ...WELL, certificate: NO_CERTIFICATE },
    'info',
    '"links.example.com" leads here and has no certificate yet; nothing is wrong so far.',
  ],
  [
    { routing: { checkedAt: undefined }, ownership: { checkedAt: undefined } },
    'info',
    '"links.example.com" is not served, because its ownership is not proved; DNS was not looked ' +
      'at yet.',
  ],
  [
    {},
    'problem',
    '"links.example.com" is not served, because its ownership is not proved; to be put right: ' +
      'the TXT record is missing, and the CNAME record is missing.',
  ],
  [
    { ...WELL, routing: 'unknown' },
    'unknown',
    '"links.example.com" leads here and has a certificate; not everything could be told at the ' +
      'last look.',
  ],
  [
    { ...WELL, reason: { code: 'routing_missing', message: 'Gone.' }, routing: 'missing' },
    'problem',
    '"links.example.com" is active and has a certificate; to be put right: the CNAME record is ' +
      'missing.',
  ],
  [
    { ...WELL, probe: { state: 'partly', message: 'Partly.', checkedAt: NOW } },
    'problem',
    '"links.example.com" is active and has a certificate; to be put right: only some requests ' +
      'arrive here.',
  ],
  [
    { ...WELL, certificate: ENDED },
    'problem',
    '"links.example.com" leads here and has no valid certificate any more; to be put right: the ' +
      'certificate has ended.',
  ],
  [
    { ...WELL, status: 'degraded', routing: 'missing', graceEndsAt: NOW + 1_000 },
    'problem',
    '"links.example.com" does not lead here any more and is served until 2030-01-02 03:04:06 ' +
      'UTC; to be put right: the CNAME record is missing.',
  ],
  [
    { ...WELL, status: 'degraded', routing: 'missing' },
    'problem',
    '"links.example.com" does not lead here any more and is served for now; to be put right: ' +
      'the CNAME record is missing.',
  ],
  [
    { status: 'suspended', ownership: 'found', routing: 'wrong' },
    'problem',
    '"links.example.com" is suspended, and its links answer 410; to be put right: the CNAME ' +
      'record is not as it has to be.',
  ],
  [
    { status: 'verified', ownership: 'found', routing: 'found' },
    'info',
    '"links.example.com" is proved to be yours, but was not seen to lead here yet; nothing is ' +
      'wrong so far.',
  ],
  [
    { status: 'active', reason: { code: 'local_name', message: 'Local.' } },
    'ok',
    '"links.example.com" is served on this machine.',
  ],
]

for (const [given, level, message] of VERDICTS) {
  t.test(`the verdict: ${message}`, async (t) => {
    t.same(diagnosisOf(given).verdict, { level, message })
  })
}

t.test('a report says when its newest part was seen', async (t) => {
  t.equal(diagnosisOf({ certificate: { ...ISSUED, checkedAt: NOW } }).checkedAt, NOW)
  const never = { state: 'unknown', checkedAt: undefined } as const
  const fresh = diagnosisOf({ routing: never, ownership: never })
  t.equal(fresh.checkedAt, undefined)
  t.match(fresh.verdict.level, 'info')
  t.match(fresh.findings[0], { id: 'not_checked', level: 'info' })
  t.match(fresh.findings[1], { id: 'txt_record', level: 'info', fix: /Publish this TXT record/ })
})

t.test('what the operator has to put right is said as the operator’s', async (t) => {
  t.match(findingOf('public_target_unset', { hasPublicTarget: false }), {
    area: 'operator',
    level: 'problem',
    fix: /FINGERPOST_PUBLIC_TARGET/,
  })
  const message = `CAA at "${TARGET}" allows nobody.`
  const caa = { ...CAA_FORBIDS, message }
  t.match(findingOf('target_caa_forbids', { caa }), { area: 'operator', detail: message })
  t.equal(findingOf('caa', { caa }), undefined)
})

t.test('our own name is without an address only when a server that answers says so', async (t) => {
  const of = (...evidence: Evidence[]) => findingOf('target_unresolved', { evidence })
  t.match(of(answer(`A ${TARGET}`, 'NXDOMAIN'), answer(`AAAA ${TARGET}`, 'SERVFAIL')), {
    level: 'problem',
    title: `The name "${TARGET}" has no address`,
  })
  t.equal(of(), undefined)
  t.equal(of(answer(`A ${TARGET}`, 'SERVFAIL')), undefined)
  t.equal(of(answer(`A ${TARGET}`, 'NOERROR', ['192.0.2.7'])), undefined)
  for (const role of NOT_DNS) {
    t.equal(of({ ...answer(`A ${TARGET}`, 'NXDOMAIN'), role }), undefined, role)
  }
  t.equal(of(answer('A links.example.com', 'NXDOMAIN')), undefined)
})

t.test('a look that is five minutes late is told to the operator', async (t) => {
  t.equal(findingOf('checks_overdue', { nextCheckAt: NOW - 300_000 }), undefined)
  t.equal(findingOf('checks_overdue', { nextCheckAt: undefined }), undefined)
  t.match(findingOf('checks_overdue', { nextCheckAt: NOW - 300_001 }), { area: 'operator' })
})

t.test('servers without a usable answer are named, and held against nobody', async (t) => {
  const good = answer('TXT x.example.com', 'NXDOMAIN')
  t.match(findingOf('servers_answer', { evidence: [good] }), { level: 'ok' })
  const bad = { ...answer('TXT x.example.com', 'SERVFAIL'), server: '192.0.2.2:53' }
  t.match(findingOf('servers_fail', { evidence: [good, bad] }), {
    level: 'info',
    detail:
      /^1 of 2 DNS servers .*: 192\.0\.2\.2:53 gave "SERVFAIL" to "TXT x\.example\.com"\. Nothing/,
  })
  t.match(findingOf('servers_fail', { evidence: [bad, bad, bad, bad] }), {
    level: 'unknown',
    detail: /; and 1 more\./,
  })
  for (const role of NOT_DNS) {
    t.equal(findingOf('servers_fail', { evidence: [{ ...bad, role }] }), undefined, role)
  }
  const only = 'The one DNS server that was asked gave answers that count.'
  t.equal(findingOf('servers_answer', { evidence: [good] })?.detail, only)
  const other = { ...good, server: '192.0.2.2:53' }
  const third = { ...good, server: '192.0.2.3:53' }
  const both = 'Both DNS servers that were asked gave answers that count.'
  t.equal(findingOf('servers_answer', { evidence: [good, other] })?.detail, both)
  const all = 'All 3 DNS servers that were asked gave answers that count.'
  t.equal(findingOf('servers_answer', { evidence: [good, other, third] })?.detail, all)
  const alone = findingOf('servers_fail', { evidence: [bad] })
  t.match(alone?.detail, /^The one DNS server that was asked gave answers that do not count: 192/)
  t.equal(alone?.title, 'The DNS server gave answers that do not count')
  t.equal(findingOf('servers_fail', { evidence: [good, bad] })?.title.slice(0, 5), 'Some ')
})

t.test('when nothing can be told of a hostname, whoever can change that is named', async (t) => {
  const ours = answer(`A ${TARGET}`, 'NOERROR', ['192.0.2.7'])
  const failed = (outcome: string) => [
    ours,
    answer('CNAME links.example.com', outcome),
    answer('TXT _fingerpost-verify.links.example.com', outcome),
  ]
  const of = (...evidence: Evidence[]) => findingOf('servers_fail', { evidence })
  for (const outcome of ['SERVFAIL', 'REFUSED']) {
    t.match(of(...failed(outcome)), {
      level: 'unknown',
      fix: /^If this lasts, ask the DNS provider/,
    })
  }
  t.match(of(...failed('timeout')), { level: 'unknown', fix: /^If this lasts, the operator of/ })
  const told = answer('TXT _fingerpost-verify.links.example.com', 'NXDOMAIN')
  t.match(of(...failed('SERVFAIL'), told), { level: 'info', fix: undefined })
  t.match(of(ours, answer('CAA example.com', 'SERVFAIL')), { level: 'info', fix: undefined })
})

t.test('a proof that was seen before need not be repeated for a failed look', async (t) => {
  const unseen = { ...WELL, ownership: 'unknown' } as const
  t.match(findingOf('txt_record', unseen), { level: 'unknown', fix: undefined })
  t.match(findingOf('txt_record', { ownership: 'unknown' }), {
    fix: /^If you have not done so yet/,
  })
})

t.test('a TXT value behind a CNAME is told with the way to get rid of that', async (t) => {
  const reason = { code: 'txt_via_cname', message: 'A CNAME hides it.' } as const
  for (const found of [[TOKEN], ['v=spf1 -all']]) {
    const finding = findingOf('txt_record', { reason, ownership: { state: 'wrong', found } })
    t.match(finding, { detail: /through a CNAME record, which proves nothing\.$/ })
    t.match(finding?.fix, /^Remove the CNAME record at .* Publish this TXT record: /)
  }
})

t.test('claims say how they end', async (t) => {
  const reason = { code: 'hostname_in_use', message: 'Another workspace holds it.' } as const
  const claim = { reason, ownership: 'found' } as const
  t.match(findingOf('hostname_in_use', claim), { level: 'problem', fix: /only TXT value/ })
  t.match(findingOf('takeover_in_sight', { ...claim, takeoverSeenAt: NOW }), { level: 'info' })
  const moved = { code: 'ownership_moved', message: 'It moved.' } as const
  t.match(findingOf('ownership_moved', { reason: moved }), { area: 'claims', level: 'problem' })
  t.equal(findingOf('hostname_in_use', { ...WELL, reason }), undefined)
})

t.test('a change on its way is told with its record', async (t) => {
  const propagation = { until: NOW + 1, servers: ['192.0.2.1:53'] }
  const moving = { state: 'found', propagation } as const
  t.match(findingOf('txt_propagation', { ownership: moving }), { level: 'info' })
  t.match(findingOf('routing_propagation', { routing: moving }), { area: 'routing' })
})

t.test('the probe and CAA come with what to do about them', async (t) => {
  const probe = { state: 'elsewhere', message: 'nginx answered.', checkedAt: NOW } as const
  t.match(findingOf('probe', { ...WELL, probe }), { level: 'problem', fix: /Let only/ })
  const closed = { ...probe, state: 'unreachable' } as const
  t.match(findingOf('probe', { ...WELL, probe: closed }), {
    level: 'info',
    fix: /^If http:/,
  })
  t.match(findingOf('caa', { ...WELL, caa: CAA_FORBIDS }), { fix: CAA_FORBIDS.fix })
  t.match(findingOf('certificate', { ...WELL, caa: CAA_FORBIDS }), { level: 'info' })
  const proxied = { ...probe, state: 'reached' } as const
  const behind = { ...WELL, routing: 'wrong', probe: proxied } as const
  t.match(findingOf('routing_record', behind), { level: 'info', title: /stands in front/ })
})

t.test('a certificate that fails says who can do something', async (t) => {
  const failing = (code: 'dns' | 'rate_limited') => ({
    ...WELL,
    certificate: {
      ...NO_CERTIFICATE,
      status: 'failing' as const,
      seen: SEEN,
      error: { code, message: 'The CA says this.' },
    },
  })
  t.match(findingOf('certificate', failing('dns')), { level: 'problem', fix: /DNSSEC/ })
  t.match(findingOf('certificate', failing('rate_limited')), { level: 'problem', fix: undefined })
  const title = 'The certificate could not be renewed'
  t.equal(findingOf('certificate', failing('dns'))?.title, title)
  const first = {
    ...failing('dns'),
    certificate: { ...failing('dns').certificate, seen: undefined },
  }
  t.equal(findingOf('certificate', first)?.title, 'The certificate cannot be obtained')
})
