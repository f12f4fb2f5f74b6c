import type { Kysely } from 'kysely'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Tables } from '../database/tables.ts'

/** Counts the domains that are not deleted, by status. */
export async function countDomainsByStatus(
  db: Kysely<Tables>,
): Promise<ReadonlyMap<DomainStatus, number>> {
  const rows = await db
    .selectFrom('domains')
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .where('deleted_at', 'is', null)
    .groupBy('status')
    .execute()
  return new Map(rows.map((row) => [row.status, row.count]))
}
