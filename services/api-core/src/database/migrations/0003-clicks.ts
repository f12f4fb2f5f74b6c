import { PostgresAdapter, sql, type CreateTableBuilder, type Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Makes the tables of counted clicks. */
export async function up(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('click_sources')
    .addColumn('source', 'text', (column) => column.primaryKey())
    .addColumn('last_number', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
  await clustered(
    db.schema
      .createTable('click_hours')
      .addColumn('workspace_id', 'text', (column) => column.notNull())
      .addColumn('link_id', 'text', (column) => column.notNull())
      .addColumn('hour', 'bigint', (column) => column.notNull())
      .addColumn('combinations', 'integer', (column) => column.notNull())
      .addColumn('human', 'bigint', (column) => column.notNull())
      .addColumn('bot', 'bigint', (column) => column.notNull())
      .addColumn('prefetch', 'bigint', (column) => column.notNull())
      .addColumn('head', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('click_hours_key', ['link_id', 'hour']),
    db,
  ).execute()
  await db.schema.createIndex('click_hours_age').on('click_hours').column('hour').execute()
  await clustered(
    db.schema
      .createTable('click_counts')
      .addColumn('workspace_id', 'text', (column) => column.notNull())
      .addColumn('link_id', 'text', (column) => column.notNull())
      .addColumn('hour', 'bigint', (column) => column.notNull())
      .addColumn('visitor', 'text', (column) => column.notNull())
      .addColumn('device', 'text', (column) => column.notNull())
      .addColumn('referrer', 'text', (column) => column.notNull())
      .addColumn('country', 'text', (column) => column.notNull())
      .addColumn('count', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('click_counts_key', [
        'link_id',
        'hour',
        'visitor',
        'device',
        'referrer',
        'country',
      ]),
    db,
  ).execute()
  await clustered(
    db.schema
      .createTable('deleted_links')
      .addColumn('deleted_at', 'bigint', (column) => column.notNull())
      .addColumn('link_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('deleted_links_key', ['deleted_at', 'link_id']),
    db,
  ).execute()
}

// Why: nearly all of a row is its key, which SQLite would keep twice. PostgreSQL has no such form.
function clustered<Table extends string, Column extends string>(
  table: CreateTableBuilder<Table, Column>,
  db: Kysely<Tables>,
): CreateTableBuilder<Table, Column> {
  const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter
  return isPostgres ? table : table.modifyEnd(sql`without rowid`)
}
