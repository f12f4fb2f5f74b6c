import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import t from 'tap'
import type { LinkTarget } from '@fingerpost/contract/core-api'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { parseSlug } from '@fingerpost/model/slug'
import {
  givenDomain,
  givenLink,
  givenTenant,
  openInstallation,
  withPostgres,
  type Installation,
} from './installation.ts'

const BODY = { destination_url: 'https://example.com/' }

t.test('a full disk refuses writes, keeps reads, and recovers', async (t) => {
  await using open = await openInstallation(`sqlite:${t.testdir()}/db.sqlite`)
  const tenant = await givenTenant(open)
  const { id } = await givenDomain(tenant, 'go.localhost')
  const make = () =>
    tenant.call({ method: 'POST', path: '/links', body: { ...BODY, domain_id: id } })
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(open.storage.db)
  await setPagesMax(open, (rows[0]?.page_count ?? 0) + 4)
  let made = 0
  let refused = await make()
  for (; refused.status === 201; refused = await make()) made += 1
  t.match(refused, { status: 507, body: { code: 'storage_full' } })
  t.ok(refused.headers['retry-after'])
  t.equal((await tenant.call({ path: `/domains/${id}` })).status, 200)
  const { sequence } = await open.core.lookupLink(target())
  t.equal(sequence, made + 1, 'what was refused left nothing behind')
  await setPagesMax(open, 100_000)
  t.equal((await make()).status, 201)
})

t.test('a database that another program locks refuses writes soon', async (t) => {
  const path = `${t.testdir()}/db.sqlite`
  await using open = await openInstallation(`sqlite:${path}`)
  const tenant = await givenTenant(open)
  const { id } = await givenDomain(tenant, 'go.localhost')
  const other = new DatabaseSync(path)
  t.teardown(() => other.close())
  other.exec('begin immediate')
  const startedAt = performance.now()
  const body = { ...BODY, domain_id: id }
  const refused = await tenant.call({ method: 'POST', path: '/links', body })
  t.match(refused, { status: 503, body: { code: 'storage_unavailable' } })
  t.ok(performance.now() - startedAt < 1_500)
  t.equal((await tenant.call({ path: `/domains/${id}` })).status, 200)
  other.exec('rollback')
  t.equal((await tenant.call({ method: 'POST', path: '/links', body })).status, 201)
})

await withPostgres(t, (t, { newUrl, postgres }) => {
  if (postgres === undefined) throw new Error('PostgreSQL is missing.')

  t.test('a crash of PostgreSQL is an answer, and over when it is back', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const link = { domain_id: id, slug: 'a' }
    await givenLink(tenant, link)
    await postgres.crash()
    for (const call of [
      { path: `/domains/${id}` },
      { method: 'POST', path: '/links', body: { ...BODY, domain_id: id } },
    ] as const) {
      const startedAt = performance.now()
      const answer = await tenant.call(call)
      t.match(answer, { status: 503, body: { code: 'storage_unavailable' } })
      t.ok(performance.now() - startedAt < 1_500)
    }
    await t.rejects(open.core.lookupLink(target()), { code: 'storage_unavailable' })
    await postgres.start()
    t.equal((await tenant.call({ path: `/domains/${id}` })).status, 200)
    t.match(await open.core.lookupLink(target()), { domain: { id }, link: { slug: 'a' } })
  })

  t.test('a PostgreSQL that hangs is an answer, too', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await postgres.freeze(true)
    const startedAt = performance.now()
    const answer = await tenant.call({ path: '/domains' })
    t.match(answer, { status: 503, body: { code: 'storage_unavailable' } })
    t.ok(performance.now() - startedAt < 5_000)
    await postgres.freeze(false)
    t.equal((await tenant.call({ path: '/domains' })).status, 200)
  })
})

async function setPagesMax(open: Installation, pages: number): Promise<void> {
  await sql`pragma max_page_count = ${sql.lit(pages)}`.execute(open.storage.db)
}

function target(): LinkTarget {
  const hostname = canonicalHostname('go.localhost')
  const parsed = parseSlug('a')
  if (hostname === undefined || !parsed.ok) throw new Error('The target is none.')
  return { hostname, slug: parsed.slug }
}
