import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Makes the table in which several processes tell each other of their edges. */
export async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('edges')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('process', 'text', (column) => column.notNull())
    .addColumn('lineage', 'text', (column) => column.notNull())
    .addColumn('acknowledged', 'bigint', (column) => column.notNull())
    .addColumn('is_connected', 'integer', (column) => column.notNull())
    .addColumn('since_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .execute()
}
