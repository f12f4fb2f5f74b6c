import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Gives the history of changes its name, and domains their say about privacy signals. */
export async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('change_head')
    .addColumn('lineage', 'text', (column) => column.notNull().defaultTo(''))
    .execute()
  await db.updateTable('change_head').set({ lineage: randomUUID() }).execute()
  await db.schema
    .alterTable('domains')
    .addColumn('honours_privacy_signals', 'integer', (column) => column.notNull().defaultTo(1))
    .execute()
}
