import t from 'tap'
import { CHECK_PAUSE_MS_MAX } from '@fingerpost/contract/core-clock'
import { HASTENED_MAX, hastenChecks } from '../src/domains/far-checks-store.ts'
import {
  givenDomain,
  givenTenant,
  openInstallation,
  withEachEngine,
  type Installation,
} from './installation.ts'

async function claimedBy(open: Installation): Promise<readonly string[]> {
  const due = await open.core.claimDueDomains({ workerId: 'w', limit: 100, leaseMs: 60_000 })
  return due.map(({ hostname }) => hostname)
}

await withEachEngine(t, (t, { newUrl }) => {
  t.test('a check that was put off by a clock that was ahead is made now', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const far = await givenDomain(tenant, 'far.example.com')
    const near = await givenDomain(tenant, 'near.example.com')
    const { db } = open.storage
    const latest = open.now() + CHECK_PAUSE_MS_MAX
    const put = (id: string, at: number) =>
      db.updateTable('domains').set({ next_check_at: at }).where('id', '=', id).execute()
    await put(far.id, latest + 1)
    await put(near.id, latest)
    t.same(await claimedBy(open), [])
    t.notOk(await hastenChecks(open.now(), db))
    t.same(await claimedBy(open), ['far.example.com'])
  })

  t.test('they are made due in batches, and what is deleted and not watched is left', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'a.example.com')
    const { db } = open.storage
    const [row] = await db.selectFrom('domains').selectAll().where('id', '=', id).execute()
    if (row === undefined) throw new Error('no domain')
    const far = open.now() + CHECK_PAUSE_MS_MAX + 1
    const rows = Array.from({ length: HASTENED_MAX + 1 }, (_, index) => ({
      ...row,
      id: `dom_${index}`,
      hostname: `h${index}.example.com`,
      cname_label: `l${index}`,
      next_check_at: index === 0 ? null : far,
    }))
    for (let start = 0; start < rows.length; start += 50) {
      await db
        .insertInto('domains')
        .values(rows.slice(start, start + 50))
        .execute()
    }
    t.ok(await hastenChecks(open.now(), db))
    t.notOk(await hastenChecks(open.now(), db))
    const left = await db
      .selectFrom('domains')
      .select('id')
      .where((eb) => eb.or([eb('next_check_at', 'is', null), eb('next_check_at', '>', open.now())]))
      .execute()
    t.same(
      left.map((each) => each.id),
      ['dom_0'],
    )
  })
})
