import { sql } from 'kysely'
import t from 'tap'
import { TOMBSTONES_CHECKED_MAX, TOMBSTONES_KEPT_MAX } from '../src/domains/tombstone-store.ts'
import { givenDomain, givenTenant, openInstallation, withEachEngine } from './installation.ts'

await withEachEngine(t, (t, { newUrl }) => {
  t.test('deleted domains stay within their bounds, the oldest making room', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const other = await givenTenant(open)
    const { db } = open.storage
    const insert = async (workspaceId: string, prefix: string) => {
      const { id } = await givenDomain(
        workspaceId === tenant.id ? tenant : other,
        'row.example.com',
      )
      const row = await db.selectFrom('domains').selectAll().where('id', '=', id).execute()
      const [model] = row
      if (model === undefined) throw new Error('There is no row to copy.')
      for (let start = 0; start < TOMBSTONES_KEPT_MAX; start += 500) {
        const copies = Array.from({ length: 500 }, (_, n) => ({
          ...model,
          id: `${prefix}_${String(start + n).padStart(6, '0')}`,
          cname_label: `${prefix}${start + n}`,
          deleted_at: start + n,
          next_check_at: start + n >= TOMBSTONES_KEPT_MAX - TOMBSTONES_CHECKED_MAX ? 1 : null,
        }))
        await db.insertInto('domains').values(copies).execute()
      }
      return id
    }
    const id = await insert(tenant.id, 'one')
    await insert(other.id, 'two')
    await db
      .updateTable('domains')
      .set({ status: 'active', is_holder: 1 })
      .where('id', '=', id)
      .execute()
    const gone = await tenant.call({ method: 'DELETE', path: `/domains/${id}` })
    t.equal(gone.status, 204, gone.text)
    const counts = async (workspaceId: string) =>
      db
        .selectFrom('domains')
        .select((eb) => [
          eb.fn.countAll<number>().as('kept'),
          eb.fn.count<number>('next_check_at').as('checked'),
          sql<number>`min(deleted_at)`.as('oldest'),
        ])
        .where('workspace_id', '=', workspaceId)
        .where('deleted_at', 'is not', null)
        .executeTakeFirst()
    t.match(await counts(tenant.id), {
      kept: TOMBSTONES_KEPT_MAX,
      checked: TOMBSTONES_CHECKED_MAX,
      oldest: 1,
    })
    t.match(await counts(other.id), { kept: TOMBSTONES_KEPT_MAX, oldest: 0 }, 'no other tenant’s')
  })
})
