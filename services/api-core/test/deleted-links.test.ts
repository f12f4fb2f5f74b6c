import { sql } from 'kysely'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { targetOf } from '../../../packages/contract/test/contract-steps.ts'
import { DELETED_LINKS_BATCH, deleteSomeLinks } from '../src/domains/deleted-links.ts'
import { startHousekeeping } from '../src/housekeeping.ts'
import { createCoreMetrics } from '../src/metrics.ts'
import {
  givenDomain,
  givenLink,
  givenTenant,
  openInstallation,
  SILENT,
  withEachEngine,
  type Installation,
  type Tenant,
} from './installation.ts'

const LINKS = 2 * DELETED_LINKS_BATCH + 1

await withEachEngine(t, (t, { newUrl }) => {
  t.test(
    'the links of a deleted domain are gone for everybody before they are deleted',
    async (t) => {
      await using open = await openInstallation(await newUrl())
      const tenant = await givenTenant(open)
      const { id } = await givenDomain(tenant, 'go.localhost')
      const other = await givenDomain(tenant, 'other.localhost')
      const stays = await givenLink(tenant, { domain_id: other.id, slug: 'a', tags: ['x'] })
      const link = await givenLink(tenant, { domain_id: id, slug: 'a', tags: ['x', 'y'] })
      await givenManyLinks(open, { tenant, domainId: id, count: LINKS - 1 })
      t.equal((await tenant.call({ method: 'DELETE', path: `/domains/${id}` })).status, 204)
      t.equal(await countRows(open, 'links'), LINKS + 1, 'nothing is deleted yet')

      const path = `/links/${link.id}`
      t.equal((await tenant.call({ path })).status, 404)
      const body = { title: 'x' }
      t.equal((await tenant.call({ method: 'PATCH', path, body })).status, 404)
      t.equal((await tenant.call({ method: 'DELETE', path })).status, 404)
      for (const query of ['', '?tag=x', '?q=example']) {
        const { data } = (await tenant.call({ path: `/links${query}` })).body
        t.match(data, [{ id: stays.id }], query)
        t.equal(data.length, 1, query)
      }
      t.same((await tenant.call({ path: `/links?domain_id=${id}` })).body.data ?? [], [])
      t.match(await countsOf(open), { domain_count: 1, link_count: 1 })

      const again = await givenDomain(tenant, 'go.localhost')
      const target = targetOf('go.localhost', 'a')
      t.match(await open.core.lookupLink(target), { domain: { id: again.id }, link: undefined })
      const remade = await givenLink(tenant, { domain_id: again.id, slug: 'a', tags: ['x'] })
      t.match(await open.core.lookupLink(target), { link: { id: remade.id } })

      const left: number[] = []
      while (await deleteSomeLinks(depsOf(open))) left.push((await countRows(open, 'links')) - 2)
      t.same(left, [DELETED_LINKS_BATCH + 1, 1, 0])
      t.equal(await countRows(open, 'link_tags'), 2)
      t.match(await countsOf(open), { domain_count: 2, link_count: 2 })
      t.match(await open.core.lookupLink(target), { link: { id: remade.id } })
    },
  )

  t.test('the links of deleted domains do not count against the limit', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const first = await givenDomain(tenant, 'go.localhost')
    const second = await givenDomain(tenant, 'other.localhost')
    await givenManyLinks(open, { tenant, domainId: first.id, count: 2 })
    await open.storage.db.updateTable('workspaces').set({ link_count: 1_000_000 }).execute()
    const call = {
      method: 'POST',
      path: '/links',
      body: { domain_id: second.id, destination_url: 'https://example.com/' },
    } as const
    t.match(await tenant.call(call), { status: 409, body: { code: 'limit_reached' } })
    await tenant.call({ method: 'DELETE', path: `/domains/${first.id}` })
    t.equal((await tenant.call(call)).status, 201)
    t.equal((await tenant.call(call)).status, 201)
    t.match(await tenant.call(call), { status: 409, body: { code: 'limit_reached' } })
  })

  t.test('what one process left of the links of deleted domains the next deletes', async (t) => {
    const url = await newUrl()
    {
      await using open = await openInstallation(url)
      const tenant = await givenTenant(open)
      for (const hostname of ['go.localhost', 'other.localhost', 'empty.localhost']) {
        const { id } = await givenDomain(tenant, hostname)
        const count = hostname === 'empty.localhost' ? 0 : LINKS
        await givenManyLinks(open, { tenant, domainId: id, count })
        t.equal((await tenant.call({ method: 'DELETE', path: `/domains/${id}` })).status, 204)
      }
      t.ok(await deleteSomeLinks(depsOf(open)))
      t.equal(await countRows(open, 'links'), 2 * LINKS - DELETED_LINKS_BATCH)
    }
    await using open = await openInstallation(url)
    await using _background = await startHousekeeping({
      storage: open.storage,
      feed: open.feed,
      clock: SYSTEM_CLOCK,
      log: SILENT,
      metrics: createCoreMetrics(open.feed),
    })
    while ((await countRows(open, 'links')) > 0) await sleep(10)
    t.equal(await countRows(open, 'link_tags'), 0)
  })
})

function depsOf({ storage, feed, now }: Installation): Parameters<typeof deleteSomeLinks>[0] {
  return { storage, feed, clock: { now } }
}

async function givenManyLinks(
  open: Installation,
  links: { readonly tenant: Tenant; readonly domainId: string; readonly count: number },
): Promise<void> {
  const { tenant, domainId, count } = links
  const { db } = open.storage
  const numbers = sql`with recursive numbers (n) as
    (select 1 union all select n + 1 from numbers where n < ${sql.lit(count)})`
  if (count === 0) return
  await sql`insert into links (id, workspace_id, domain_id, slug, destination, redirect_status,
      is_disabled, version, created_at, updated_at)
    ${numbers} select ${sql.lit(`lnk_${domainId}`)} || n, ${sql.lit(tenant.id)},
      ${sql.lit(domainId)}, 's' || n, 'https://example.com/', 302, 0, 1, 0, 0
    from numbers`.execute(db)
  await sql`insert into link_tags (workspace_id, link_id, tag)
    ${numbers} select ${sql.lit(tenant.id)}, ${sql.lit(`lnk_${domainId}`)} || n, 'x'
    from numbers`.execute(db)
  await db
    .updateTable('workspaces')
    .set((eb) => ({ link_count: eb('link_count', '+', count) }))
    .execute()
}

async function countRows(open: Installation, table: 'links' | 'link_tags'): Promise<number> {
  const { count } = await open.storage.db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

function countsOf(open: Installation): Promise<object> {
  return open.storage.db.selectFrom('workspaces').selectAll().executeTakeFirstOrThrow()
}
