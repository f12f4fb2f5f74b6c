import { sql, type Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

// Why so long: no public CA issues for longer, and nobody wrote down what was issued before.
const UNKNOWN_CERTIFICATE_MS = 398 * 86_400_000

/** Makes what the control plane knows: certificates, evidence, notices, groups of domains. */
export async function up(db: Kysely<Tables>): Promise<void> {
  await extendDomains(db)
  await createDomainIndexes(db)
  await createCertificates(db)
  await createNotices(db)
  await createDeliveries(db)
}

async function extendDomains(db: Kysely<Tables>): Promise<void> {
  for (const column of ['takeover_seen_at', 'ownership_missing_since']) {
    await db.schema.alterTable('domains').addColumn(column, 'bigint').execute()
  }
  await db.schema
    .createTable('domain_groups')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('primary_domain_id', 'text', (column) => column.notNull())
    .addColumn('alternates', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('domain_groups_tenant', ['workspace_id', 'id'])
    .addForeignKeyConstraint(
      'domain_groups_primary',
      ['workspace_id', 'primary_domain_id'],
      'domains',
      ['workspace_id', 'id'],
    )
    .execute()
  await db.schema
    .createIndex('domain_groups_by_primary')
    .unique()
    .on('domain_groups')
    .column('primary_domain_id')
    .execute()
  await db.schema.alterTable('domains').addColumn('group_id', 'text').execute()
  await db.schema.alterTable('domains').addColumn('links_home', 'text').execute()
  await db.schema
    .alterTable('domains')
    .addColumn('links_version', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await db.schema
    .createTable('domain_evidence')
    .addColumn('domain_id', 'text', (column) => column.primaryKey().references('domains.id'))
    .addColumn('evidence_json', 'text', (column) => column.notNull())
    .execute()
  await db.schema.alterTable('domain_events').addColumn('evidence_json', 'text').execute()
}

async function createDomainIndexes(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createIndex('domains_links_home')
    .unique()
    .on('domains')
    .column(sql`coalesce(links_home, id)`)
    .execute()
  await db.schema
    .createIndex('domains_of_group')
    .on('domains')
    .columns(['workspace_id', 'group_id'])
    .where(sql<boolean>`group_id is not null`)
    .execute()
  // Why anew: tombstones are looked at, too, while DNS leads here.
  await db.schema.dropIndex('domains_due').execute()
  await db.schema
    .createIndex('domains_due')
    .on('domains')
    .column('next_check_at')
    .where(sql<boolean>`next_check_at is not null`)
    .execute()
  await db.schema
    .createIndex('domains_tombstones')
    .on('domains')
    .columns(['workspace_id', 'deleted_at'])
    .where(sql<boolean>`deleted_at is not null`)
    .execute()
  await db.schema
    .createIndex('domains_watched_tombstones')
    .on('domains')
    .column('hostname')
    .where(sql<boolean>`deleted_at is not null and next_check_at is not null`)
    .execute()
}

async function createCertificates(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('certificates')
    .addColumn('hostname', 'text', (column) => column.primaryKey())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('issuer', 'text')
    .addColumn('key_type', 'text')
    .addColumn('not_before', 'bigint')
    .addColumn('not_after', 'bigint')
    .addColumn('error_code', 'text')
    .addColumn('error_message', 'text')
    .addColumn('next_attempt_at', 'bigint')
    .addColumn('may_hold_until', 'bigint')
    .addColumn('checked_at', 'bigint')
    .execute()
  // Why also what was deleted: its certificate is still there when somebody adds it again.
  await sql`insert into certificates (hostname, status, may_hold_until)
    select distinct hostname, 'none', cast(${Date.now() + UNKNOWN_CERTIFICATE_MS} as bigint)
    from domains
    where is_holder = 1 or deleted_at is not null`.execute(db)
  await db.schema.alterTable('changes').addColumn('certificate', 'text').execute()
  await db.schema.alterTable('changes').addColumn('may_hold_until', 'bigint').execute()
}

async function createNotices(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('notices')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id'))
    .addColumn('domain_id', 'text')
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('fact', 'text', (column) => column.notNull())
    .addColumn('payload_json', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('notices_fact', ['workspace_id', 'fact'])
    .execute()
  await db.schema
    .createIndex('notices_of_workspace')
    .on('notices')
    .columns(['workspace_id', 'id'])
    .execute()
  await db.schema.createIndex('notices_by_age').on('notices').column('created_at').execute()
  await db.schema
    .createTable('notice_receivers')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('secret', 'text')
    .addColumn('events_json', 'text', (column) => column.notNull())
    .addColumn('is_enabled', 'integer', (column) => column.notNull())
    .addColumn('disabled_reason', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('notice_receivers_tenant', ['workspace_id', 'id'])
    .execute()
  await db.schema
    .createIndex('notice_receivers_deleted')
    .on('notice_receivers')
    .column('id')
    .where(sql<boolean>`kind = 'deleted'`)
    .execute()
}

async function createDeliveries(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('deliveries')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('notice_id', 'text', (column) => column.notNull().references('notices.id'))
    .addColumn('receiver_id', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint')
    .addColumn('http_status', 'integer')
    .addColumn('error', 'text')
    .addColumn('lease', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addUniqueConstraint('deliveries_receiver_of_notice', ['notice_id', 'receiver_id'])
    .addForeignKeyConstraint(
      'deliveries_receiver',
      ['workspace_id', 'receiver_id'],
      'notice_receivers',
      ['workspace_id', 'id'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute()
  await db.schema
    .createIndex('deliveries_due')
    .on('deliveries')
    .columns(['receiver_id', 'next_attempt_at'])
    .where(sql<boolean>`next_attempt_at is not null`)
    .execute()
  await db.schema
    .createIndex('deliveries_leased')
    .on('deliveries')
    .column('receiver_id')
    .where(sql<boolean>`lease is not null`)
    .execute()
  await db.schema
    .createIndex('deliveries_of_receiver')
    .on('deliveries')
    .columns(['workspace_id', 'receiver_id'])
    .execute()
}
