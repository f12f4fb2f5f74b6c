import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { Client } from 'pg'
import t from 'tap'
import type { Change } from '@fingerpost/contract/core-api'
import { hostnameOf, slugOf } from '@fingerpost/contract/fake-rows'
import { migrate } from '../src/database/migrate.ts'
import * as first from '../src/database/migrations/0001-first.ts'
import { openStorage } from '../src/database/storage.ts'
import { UNSEEN_CERTIFICATE_MS } from '../src/rules/certificate-facts.ts'
import { openInstallation, SILENT, withEachEngine, withPostgres } from './installation.ts'

const ALL = { workerId: 'test', limit: 100, leaseMs: 1_000 }

/** Fills the tables as the first release left them: a domain with a link, and two changes. */
async function givenFirstRelease(url: string): Promise<void> {
  await using storage = openStorage(url, SILENT)
  const { db } = storage
  const migrations = { '0001-first': first }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  await migrator.migrateToLatest()
  await sql`insert into workspaces (id, name, plan, created_at) values ('ws_a', 'A', 'x', 1)`.execute(
    db,
  )
  await sql`
    insert into domains (id, workspace_id, hostname, tier, status, status_since, is_holder, reason,
      reason_message, verification_token, cname_label, observations_json, fast_until,
      quiet_checks, version, created_at)
    values ('dom_a', 'ws_a', 'links.example.com', 'custom', 'active', 1, 1, 'ok', 'Fine.', 'token',
      'label', '{}', 1, 0, 1, 1)`.execute(db)
  await sql`
    insert into domains (id, workspace_id, hostname, tier, status, status_since, is_holder, reason,
      reason_message, verification_token, cname_label, observations_json, fast_until,
      quiet_checks, version, created_at, deleted_at)
    select id || deleted, workspace_id, name, tier, status, 1, 0, reason, reason_message,
      verification_token, cname_label || deleted, '{}', 1, 0, 1, 1, 2
    from domains, (select 'x' as deleted, 'links.example.com' as name
      union all select 'y', 'gone.example.com' union all select 'z', 'gone.example.com') as many`.execute(
    db,
  )
  await sql`
    insert into links (id, workspace_id, domain_id, slug, destination, redirect_status,
      is_disabled, version, created_at, updated_at)
    values ('lnk_a', 'ws_a', 'dom_a', 'a', 'https://example.com/', 302, 0, 1, 1, 1)`.execute(db)
  await sql`
    insert into changes (sequence, kind, hostname, status, slug, created_at)
    values (1, 'hostname', 'links.example.com', 'active', null, 1),
      (2, 'link', 'links.example.com', null, 'a', 1)`.execute(db)
  await sql`update change_head set sequence = 2`.execute(db)
}

await withEachEngine(t, (t, { newUrl }) => {
  t.test('what the first release left is served, and its edges go on', async (t) => {
    const url = await newUrl()
    await givenFirstRelease(url)
    await using open = await openInstallation(url)
    const hostname = hostnameOf('links.example.com')
    const found = await open.core.lookupLink({ hostname, slug: slugOf('a') })
    t.match(found, {
      sequence: 2,
      lineage: /./,
      domain: { status: 'active', honoursPrivacySignals: true },
      link: { id: 'lnk_a', destination: 'https://example.com/' },
    })
    const certificates = await open.storage.db
      .selectFrom('certificates')
      .select(['hostname', 'may_hold_until'])
      .orderBy('hostname')
      .execute()
    t.same(
      certificates.map((one) => one.hostname),
      ['gone.example.com', 'links.example.com'],
      'nobody knows what was issued for them',
    )
    const end = Date.now() + UNSEEN_CERTIFICATE_MS
    t.ok(certificates.every(({ may_hold_until: at }) => Math.abs((at ?? 0) - end) < 60_000))
    t.equal((await open.core.claimDueDomains(ALL)).length, 0, 'what was deleted is not looked at')
    // Why without a lineage: an edge of the first release knows none.
    const follow = async (afterSequence: number): Promise<readonly Change['kind'][]> => {
      const kinds: Change['kind'][] = []
      for await (const { kind } of open.core.watchChanges({ afterSequence }, AbortSignal.any([]))) {
        kinds.push(kind)
        if (kind === 'heartbeat') break
      }
      return kinds
    }
    t.same(await follow(0), ['hostname_changed', 'link_changed', 'heartbeat'])
    t.same(await follow(1), ['link_changed', 'heartbeat'])
    t.same(await follow(2), ['heartbeat'])
  })
})

await withPostgres(t, (t, { newUrl }) => {
  t.test('a migration may take longer than a request', async (t) => {
    const url = await newUrl()
    await givenFirstRelease(url)
    const other = new Client(url)
    await other.connect()
    t.teardown(() => other.end())
    // Why a lock: it makes the migration last without a million rows.
    await other.query('begin; lock table domains')
    const released = other.query('select pg_sleep(3.3); commit')
    await using storage = openStorage(url, SILENT)
    t.match(await migrate(storage), ['0002-data-plane', '0003-clicks', /./, /./])
    await released
    t.same(await migrate(storage), [])
  })
})
