import t from 'tap'
import type { CertificateNews } from '@fingerpost/model/certificate'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import {
  CERTIFICATES_PRUNED_MAX,
  pruneCertificates,
} from '../src/certificates/certificate-store.ts'
import { UNSEEN_CERTIFICATE_MS } from '../src/rules/certificate-facts.ts'
import {
  givenDomain,
  givenTenant,
  openInstallation,
  withEachEngine,
  type Installation,
} from './installation.ts'

const DAY_MS = 86_400_000
const NAME = nameOf('go.localhost')
const FAILED: CertificateNews = {
  kind: 'failed',
  error: { code: 'dns', message: 'No addresses.' },
  nextAttemptAt: undefined,
}

function nameOf(text: string): Hostname {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`${text} is no hostname.`)
  return hostname
}

function record(
  open: Installation,
  news: CertificateNews,
  { hostname = NAME, evidence = [] as readonly Evidence[] } = {},
): Promise<void> {
  return open.core.recordCertificate({ hostname, seenAt: open.now(), news, evidence })
}

function told(open: Installation, outcome: string, values: readonly string[]): Evidence {
  const question = `order ${NAME}`
  const at = open.now()
  return { role: 'acme', server: 'ca.test', question, outcome, values, ttlS: undefined, at }
}

function shown(open: Installation, values: readonly string[]): Evidence {
  const question = `TLS ${NAME}`
  const [server, at] = ['127.0.0.1:443', open.now()]
  const outcome = 'certificate'
  return { role: 'handshake', server, question, outcome, values, ttlS: undefined, at }
}

function seen(open: Installation): CertificateNews {
  const notBefore = open.now()
  const certificate = { issuer: 'R11', keyType: 'P-256', notBefore, notAfter: notBefore + DAY_MS }
  return { kind: 'seen', certificate }
}

async function noticesOf(open: Installation): Promise<readonly string[]> {
  const rows = await open.storage.db
    .selectFrom('notices')
    .select(['event', 'id'])
    .orderBy('id')
    .execute()
  return rows.map(({ event }) => event).filter((event) => event.startsWith('certificate.'))
}

async function eventsOf(open: Installation): Promise<readonly string[]> {
  const rows = await open.storage.db
    .selectFrom('domain_events')
    .select(['kind', 'id'])
    .orderBy('id')
    .execute()
  return rows.map(({ kind }) => kind).filter((kind) => kind.startsWith('certificate_'))
}

async function rowOf(open: Installation) {
  return open.storage.db
    .selectFrom('certificates')
    .selectAll()
    .where('hostname', '=', NAME)
    .executeTakeFirst()
}

await withEachEngine(t, (t, { newUrl }) => {
  t.test('the first certificate, a failure and its end are told once each', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await givenDomain(tenant, NAME)
    await record(open, { kind: 'issuing' })
    await record(open, { kind: 'issued' })
    await record(open, seen(open))
    t.same(await noticesOf(open), ['certificate.issued'])
    open.advance(DAY_MS / 2)
    for (const _attempt of [1, 2, 3]) {
      open.advance(60_000)
      await record(open, { kind: 'issuing' })
      await record(open, FAILED)
    }
    t.same(await noticesOf(open), ['certificate.issued', 'certificate.failing'])
    t.match(await rowOf(open), { status: 'failing', error_message: /^No addresses\. Visitors are/ })
    open.advance(60_000)
    await record(open, seen(open))
    t.match(await rowOf(open), { status: 'issued', error_code: null })
    const all = ['certificate_issued', 'certificate_failing', 'certificate_issued']
    t.same(await eventsOf(open), all)
    t.equal((await noticesOf(open)).length, 3)
  })

  t.test('the timeline shows what each event of a certificate rests on', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, NAME)
    const first = told(open, 'issued', ['certificate obtained successfully'])
    await record(open, { kind: 'issued' }, { evidence: [first] })
    await record(open, seen(open), { evidence: [shown(open, ['issuer=R11'])] })
    open.advance(60_000)
    const problem = told(open, 'urn:ietf:params:acme:error:dns', ['no valid A records'])
    await record(open, FAILED, { evidence: [problem] })
    open.advance(60_000)
    const again = shown(open, ['issuer=R12'])
    await record(open, seen(open), { evidence: [again] })
    open.advance(60_000)
    await record(open, FAILED)
    const { body } = await tenant.call({ path: `/domains/${id}/events` })
    const answers = body.data.map(
      (event: { readonly evidence: { readonly answers: unknown } }) => event.evidence.answers,
    )
    t.same(answers, [
      [],
      ...[again, problem, first].map(({ ttlS: _ttlS, at, ...rest }) => [
        { ...rest, ttl_seconds: null, at: new Date(at).toISOString() },
      ]),
      [],
    ])
  })

  t.test('news told under a clock that is ahead silences none after it', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await givenDomain(tenant, NAME)
    const ahead = { hostname: NAME, seenAt: open.now() + DAY_MS, evidence: [] }
    await open.core.recordCertificate({ ...ahead, news: { kind: 'issued' } })
    t.match(await rowOf(open), { checked_at: open.now() })
    open.advance(1)
    await record(open, FAILED)
    t.same(await eventsOf(open), ['certificate_issued', 'certificate_failing'])
  })

  t.test('news of a hostname that nobody has is not kept', async (t) => {
    await using open = await openInstallation(await newUrl())
    await record(open, { kind: 'issued' })
    t.equal(await rowOf(open), undefined)
  })

  t.test('a certificate that comes after its domain was deleted is known', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, NAME)
    await record(open, { kind: 'issuing' })
    await tenant.call({ method: 'DELETE', path: `/domains/${id}` })
    await record(open, { kind: 'issued' })
    await givenDomain(tenant, NAME)
    t.match(await rowOf(open), {
      status: 'issued',
      may_hold_until: open.now() + UNSEEN_CERTIFICATE_MS,
    })
    t.same(await noticesOf(open), [])
  })

  t.test('who has not proved a hostname hears nothing of its certificate', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const hostname = nameOf('links.example.com')
    await givenDomain(tenant, hostname)
    await record(open, { kind: 'issued' }, { hostname })
    t.same(await noticesOf(open), [])
    t.same(await eventsOf(open), [])
  })

  t.test('what is known stays with the hostname while a certificate may be held', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, NAME)
    await record(open, seen(open))
    await tenant.call({ method: 'DELETE', path: `/domains/${id}` })
    t.notOk(await pruneCertificates(open.now() + DAY_MS - 1, open.storage.db))
    await givenDomain(tenant, NAME)
    t.match(await rowOf(open), { status: 'issued', issuer: 'R11' })
    await pruneCertificates(open.now() + 2 * DAY_MS, open.storage.db)
    t.ok(await rowOf(open), 'nor is it forgotten while somebody has the hostname')
  })

  t.test('certificates that ended of hostnames that nobody has go in batches', async (t) => {
    await using open = await openInstallation(await newUrl())
    const rows = Array.from({ length: CERTIFICATES_PRUNED_MAX + 1 }, (_, index) => ({
      hostname: `h${index}.example.com`,
      status: 'none' as const,
      may_hold_until: index === 0 ? null : open.now(),
    }))
    const more = {
      issuer: null,
      key_type: null,
      not_before: null,
      not_after: null,
      error_code: null,
      error_message: null,
      next_attempt_at: null,
      checked_at: null,
    }
    for (let start = 0; start < rows.length; start += 100) {
      const part = rows.slice(start, start + 100).map((row) => ({ ...more, ...row }))
      await open.storage.db.insertInto('certificates').values(part).execute()
    }
    t.ok(await pruneCertificates(open.now(), open.storage.db))
    t.notOk(await pruneCertificates(open.now(), open.storage.db))
    t.same(await open.storage.db.selectFrom('certificates').selectAll().execute(), [])
  })
})
