import t from 'tap'
import type { CheckRecord, DueDomain } from '@fingerpost/contract/core-api'
import { lookedAt, plainCheck } from '@fingerpost/contract/fake-rows'
import type { CertificateNews } from '@fingerpost/model/certificate'
import { NO_OBSERVATIONS } from '@fingerpost/model/domain-check'
import { canonicalHostname } from '@fingerpost/model/hostname'
import {
  givenDomain,
  givenTenant,
  NAMING,
  openInstallation,
  withEachEngine,
  type Answer,
  type Installation,
} from './installation.ts'

const HOSTNAME = 'links.example.com'
const DAY_MS = 86_400_000

await withEachEngine(t, (t, { newUrl }) => {
  t.test('the report of a domain says what is right, wrong and next', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, HOSTNAME)
    const path = `/domains/${id}/diagnosis`
    const fresh = await tenant.call({ path })
    t.match(fresh, {
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8', vary: 'accept' },
      body: {
        hostname: HOSTNAME,
        status: 'pending_verification',
        verdict: { level: 'info', message: /DNS was not looked at yet\.$/ },
        answers: [],
        checked_at: null,
        next_check_at: new Date(open.now()).toISOString(),
        grace_ends_at: null,
        next_attempt_at: null,
      },
    })
    await check(open, id, {})
    const { body } = await tenant.call({ path })
    t.match(body.verdict, { level: 'problem', message: /the TXT record is missing, and the CNAME/ })
    t.match(levels(body), { txt_record: 'problem', routing_record: 'problem', certificate: 'info' })
    t.match(body.answers, [
      {
        role: 'resolver',
        server: '192.0.2.53:53',
        question: `TXT _fingerpost-verify.${HOSTNAME}`,
        outcome: 'NXDOMAIN',
        values: [],
        ttl_seconds: 300,
        at: new Date(open.now() - 1_000).toISOString(),
      },
    ])
    await check(open, id, { to: 'verified', isOwned: true })
    await check(open, id, { to: 'active', isOwned: true, isRouted: true })
    const events = await tenant.call({ path: `/domains/${id}/events` })
    t.match(events.body.data[0].evidence, {
      routing: { state: 'found', hint: null, propagation: null },
      answers: [{ role: 'resolver', outcome: 'NXDOMAIN', ttl_seconds: 300 }],
    })
    t.same(events.body.data.at(-1).evidence.answers, [], 'nothing was looked at when it was added')
    await tell(open, { kind: 'seen', certificate: certificateOf(open) })
    const well = await tenant.call({ path })
    t.same(well.body.verdict, {
      level: 'ok',
      message: `"${HOSTNAME}" leads here and has a certificate.`,
    })
    t.match(levels(well.body), { txt_record: 'ok', routing_record: 'ok', certificate: 'ok' })
  })

  t.test('plain text is for whoever asks for it', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, HOSTNAME)
    await check(open, id, {})
    const path = `/domains/${id}/diagnosis`
    const text = await tenant.call({ path, headers: { accept: 'text/plain' } })
    t.equal(text.headers['content-type'], 'text/plain; charset=utf-8')
    t.match(text.text, /^"links\.example\.com" is not served, .*\nPROBLEM {3}ownership: The TXT/s)
    t.match(text.text, `TXT _fingerpost-verify.${HOSTNAME}: NXDOMAIN, TTL 300 s`)
    const none = await tenant.call({
      path: '/domains/dom_x/diagnosis',
      headers: { accept: 'text/plain' },
    })
    t.match(none, { status: 404, body: { code: 'domain_not_found' } })
  })

  t.test('a report is for the workspace of the domain only', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [one, other] = [await givenTenant(open), await givenTenant(open)]
    const { id } = await givenDomain(one, HOSTNAME)
    const foreign = await other.call({ path: `/domains/${id}/diagnosis` })
    const unknown = await other.call({ path: `/domains/dom_${'0'.repeat(26)}/diagnosis` })
    t.equal(foreign.status, 404)
    t.same(foreign.text, unknown.text)
    await one.call({ method: 'DELETE', path: `/domains/${id}` })
    t.equal((await one.call({ path: `/domains/${id}/diagnosis` })).status, 404)
  })

  t.test('the certificate is told to who holds the hostname, and to nobody else', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [one, other] = [await givenTenant(open), await givenTenant(open)]
    const { id } = await givenDomain(one, HOSTNAME)
    const claim = await givenDomain(other, HOSTNAME)
    await check(open, id, { to: 'verified', isOwned: true })
    const nextAttemptAt = open.now() + DAY_MS
    const error = { code: 'held_back', message: 'It waits for its slot.' } as const
    await tell(open, { kind: 'failed', error, nextAttemptAt })
    const told = {
      issuer: null,
      key_type: null,
      not_before: null,
      not_after: null,
      error: error.message,
      error_code: 'held_back',
      next_attempt_at: new Date(nextAttemptAt).toISOString(),
      checked_at: new Date(open.now()).toISOString(),
    }
    t.match((await one.call({ path: `/domains/${id}` })).body.certificate, told)
    t.match((await one.call({ path: '/domains' })).body.data[0].certificate, told)
    t.match((await one.call({ path: `/domains/${id}/diagnosis` })).body, {
      next_attempt_at: told.next_attempt_at,
    })
    const path = `/domains/${claim.id}`
    t.match((await other.call({ path })).body.certificate, {
      status: 'none',
      error: null,
      error_code: null,
      checked_at: null,
    })
    t.notMatch((await other.call({ path: `${path}/diagnosis` })).text, error.message)
    open.advance(1_000)
    const certificate = certificateOf(open)
    await tell(open, { kind: 'seen', certificate })
    t.match((await one.call({ path: `/domains/${id}` })).body.certificate, {
      status: 'issued',
      issuer: 'Pretend CA E1',
      key_type: 'P-256',
      not_before: new Date(certificate.notBefore).toISOString(),
      not_after: new Date(certificate.notAfter).toISOString(),
      error: null,
    })
  })

  t.test('what was observed is shown whole: hint, propagation, probe, CAA', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, HOSTNAME)
    const [due] = await open.core.claimDueDomains({ workerId: 't', limit: 1, leaseMs: 60_000 })
    if (due === undefined) throw new Error('Nothing is due.')
    const at = open.now()
    const until = at + 60_000
    const hint = 'The zone is doubled.'
    const routing = lookedAt('wrong', ['links.example.com.example.com'], at)
    await open.core.recordCheck({
      ...plainCheck(due, at),
      observations: {
        ownership: {
          ...lookedAt('unknown', [], at),
          propagation: { until, servers: ['192.0.2.53:53'] },
        },
        routing: { ...routing, hint },
        probe: { state: 'elsewhere', message: 'nginx answered.', checkedAt: at },
        caa: { state: 'forbids', message: 'CAA forbids.', fix: 'Allow it.', checkedAt: at },
      },
    })
    const { body } = await tenant.call({ path: `/domains/${id}` })
    const checkedAt = new Date(at).toISOString()
    t.match(body, {
      records: [
        { purpose: 'routing', hint, propagation: null },
        {
          purpose: 'ownership',
          hint: null,
          propagation: { until: new Date(until).toISOString(), servers: ['192.0.2.53:53'] },
        },
      ],
      probe: { state: 'elsewhere', message: 'nginx answered.', checked_at: checkedAt },
      caa: { state: 'forbids', message: 'CAA forbids.', fix: 'Allow it.', checked_at: checkedAt },
    })
    t.match(body.stages[0].you, hint)
    const { findings } = (await tenant.call({ path: `/domains/${id}/diagnosis` })).body
    t.match(findings[2], { id: 'routing_record', detail: /links\.example\.com\.example\.com/ })
    t.match(findings[4], { id: 'caa', fix: 'Allow it.' })
  })

  t.test('a page of domains takes as many queries as a page of one', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const queriesOf = await countQueries(open)
    await givenDomain(tenant, 'go.localhost')
    const one = await queriesOf(() => tenant.call({ path: '/domains' }))
    for (let n = 0; n < 8; n += 1) await givenDomain(tenant, `n${n}.localhost`)
    const many = await queriesOf(() => tenant.call({ path: '/domains' }))
    t.equal(many, one)
    t.ok(one <= 3, `${one} queries`)
  })

  t.test(
    'a hostname is described by its holder’s domain, with no token and no tenant',
    async (t) => {
      await using open = await openInstallation(await newUrl())
      const [one, other] = [await givenTenant(open), await givenTenant(open)]
      const first = await givenDomain(one, HOSTNAME)
      const second = await givenDomain(other, HOSTNAME)
      const found = [first.verification_token, second.verification_token]
      await check(open, first.id, { found })
      const claimed = await describe(open)
      t.match(claimed, { hostname: HOSTNAME, status: 'pending_verification' })
      await check(open, second.id, { to: 'verified', isOwned: true, found })
      const held = await describe(open)
      t.match(held, { status: 'verified', answers: [{ values: ['(verification token)'] }] })
      for (const secret of [...found, one.id, other.id, first.id, second.id]) {
        t.notMatch(JSON.stringify([claimed, held]), secret)
      }
      t.equal(await open.core.describeHostname(hostname('other.example.com')), undefined)
      for (const [tenant, { id }] of [
        [one, first],
        [other, second],
      ] as const) {
        await tenant.call({ method: 'DELETE', path: `/domains/${id}` })
      }
      t.equal(await open.core.describeHostname(hostname(HOSTNAME)), undefined)
    },
  )
})

t.test('without a public target the report is for the operator', async (t) => {
  const naming = { ...NAMING, publicTarget: undefined }
  await using open = await openInstallation('sqlite::memory:', { naming })
  const tenant = await givenTenant(open)
  const { id } = await givenDomain(tenant, HOSTNAME)
  const { body } = await tenant.call({ path: `/domains/${id}/diagnosis` })
  t.match(body.findings[0], { id: 'public_target_unset', area: 'operator', level: 'problem' })
})

function hostname(text: string) {
  const name = canonicalHostname(text)
  if (name === undefined) throw new Error(`"${text}" is no hostname.`)
  return name
}

async function describe(open: Installation): Promise<unknown> {
  return JSON.parse((await open.core.describeHostname(hostname(HOSTNAME))) ?? 'null')
}

function levels(body: Answer['body']): Record<string, string> {
  const findings: readonly { readonly id: string; readonly level: string }[] = body.findings
  return Object.fromEntries(findings.map(({ id, level }) => [id, level]))
}

function tell(open: Installation, news: CertificateNews): Promise<void> {
  const seenAt = open.now()
  return open.core.recordCertificate({ hostname: hostname(HOSTNAME), seenAt, news, evidence: [] })
}

function certificateOf(open: Installation) {
  const now = open.now()
  return {
    issuer: 'Pretend CA E1',
    keyType: 'P-256',
    notBefore: now - DAY_MS,
    notAfter: now + 30 * DAY_MS,
  }
}

/** Records a check of one domain, with the answer of one server as its evidence. */
async function check(
  open: Installation,
  id: string,
  seen: {
    readonly to?: DueDomain['status']
    readonly isOwned?: boolean
    readonly isRouted?: boolean
    readonly found?: readonly string[]
  },
): Promise<void> {
  open.advance(1_000)
  const due = await open.core.claimDueDomains({ workerId: 't', limit: 10, leaseMs: 1_000 })
  const domain = due.find((one) => one.id === id)
  if (domain === undefined) throw new Error('The domain is not due.')
  const at = open.now()
  const reason = { code: 'routing_ok', message: 'It was looked at.' } as const
  const { to, isOwned = false, isRouted = false, found = [] } = seen
  const record: CheckRecord = {
    ...plainCheck(domain, at),
    transition: to === undefined ? undefined : { to, ...reason },
    observations: {
      ...NO_OBSERVATIONS,
      ownership: lookedAt(isOwned ? 'found' : 'missing', found, at),
      routing: lookedAt(isRouted ? 'found' : 'missing', [], at),
    },
    reason,
    evidence: [
      {
        role: 'resolver',
        server: '192.0.2.53:53',
        question: `TXT _fingerpost-verify.${HOSTNAME}`,
        outcome: found.length > 0 ? 'NOERROR' : 'NXDOMAIN',
        values: found,
        ttlS: 300,
        at,
      },
    ],
    nextCheckAt: at,
  }
  const outcome = await open.core.recordCheck(record)
  if (outcome !== 'applied') throw new Error(`The check is ${outcome}.`)
  // Why: the others were leased, too, and are due again when their leases are over.
  open.advance(1_000)
}

/** Gives what counts the queries of a piece of work that go through the routes. */
async function countQueries(open: Installation) {
  let queries = 0
  const counted = open.storage.db.withPlugin({
    transformQuery: ({ node }) => {
      queries += 1
      return node
    },
    transformResult: async ({ result }) => result,
  })
  Object.defineProperty(open.storage, 'db', { value: counted })
  return async (work: () => Promise<unknown>): Promise<number> => {
    const before = queries
    await work()
    return queries - before
  }
}
