import { CompiledQuery, sql } from 'kysely'
import t from 'tap'
import { DOMAIN_STATUSES, DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { lookupStatement } from '../src/core/lookup-store.ts'
import { migrate } from '../src/database/migrate.ts'
import { openStorage } from '../src/database/storage.ts'
import {
  givenDomain,
  givenTenant,
  openInstallation,
  SILENT,
  withEachEngine,
} from './installation.ts'

await withEachEngine(t, (t, { engine, newUrl }) => {
  t.test('the tables are brought up to date once, whoever comes', async (t) => {
    const url = await newUrl()
    const storages = Array.from({ length: 4 }, () => openStorage(url, SILENT))
    const applied: (readonly string[])[] = []
    // Why one after the other on SQLite: in one process, waiting for its lock stops the holder.
    if (engine === 'sqlite') for (const storage of storages) applied.push(await migrate(storage))
    else applied.push(...(await Promise.all(storages.map((storage) => migrate(storage)))))
    t.same(applied.flat(), [
      '0001-first',
      '0002-data-plane',
      '0003-clicks',
      '0004-edges',
      '0005-control-plane',
    ])
    for (const storage of storages) await storage[Symbol.asyncDispose]()
  })

  t.test('a status never changes without its holder mark', async (t) => {
    await using open = await openInstallation(await newUrl())
    await givenDomain(await givenTenant(open), 'links.example.com')
    const { db } = open.storage
    for (const status of DOMAIN_STATUS_NAMES) {
      const holds = DOMAIN_STATUSES[status].holdsHostname ? 1 : 0
      await db.updateTable('domains').set({ status, is_holder: holds }).execute()
      const wrong = db
        .updateTable('domains')
        .set({ status, is_holder: 1 - holds })
        .execute()
      await t.rejects(wrong, /domains_holder_follows_status|CHECK constraint failed/, status)
    }
  })

  t.test('a row of another workspace’s thing is refused by the database itself', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [one, other] = [await givenTenant(open), await givenTenant(open)]
    const { id } = await givenDomain(one, 'links.example.com')
    const insert = open.storage.db
      .insertInto('links')
      .values({
        id: 'lnk_x',
        workspace_id: other.id,
        domain_id: id,
        slug: 'x',
        destination: 'https://example.com/',
        redirect_status: 302,
        expires_at: null,
        is_disabled: 0,
        title: null,
        version: 1,
        created_at: 0,
        updated_at: 0,
      })
      .execute()
    await t.rejects(insert, /foreign key/i)
  })

  t.test('instants beyond 32 bits come back as numbers', async (t) => {
    await using open = await openInstallation(await newUrl())
    await givenDomain(await givenTenant(open), 'links.example.com')
    const [row] = await open.storage.db.selectFrom('domains').selectAll().execute()
    t.equal(row?.created_at, open.now())
    const { rows } = await sql<{ n: number }>`select count(*) as n from domains`.execute(
      open.storage.db,
    )
    t.equal(rows[0]?.n, 1)
  })

  t.test('the lookup goes by indexes only', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { db } = open.storage
    if (engine === 'postgres') await sql`set enable_seqscan = off`.execute(db)
    const explain = engine === 'postgres' ? 'explain' : 'explain query plan'
    const statement = `${explain} ${lookupStatement(db)}`
    const plan = await db.executeQuery(CompiledQuery.raw(statement, ['links.example.com', 'a']))
    const text = JSON.stringify(plan.rows)
    t.match(text, 'domains_holder')
    t.match(text, /links_slug|domain_id=\? AND slug=\?/)
    t.notMatch(text, /Seq Scan on (?:domains|links)|SCAN (?:domains|links)/)
  })
})

t.test('a database URL of no known engine is one sentence', async (t) => {
  for (const url of ['', 'sqlite:', 'mysql://x', 'postgres://[', 'file:x']) {
    t.throws(() => openStorage(url, SILENT), { name: 'StartError' }, url)
  }
})
