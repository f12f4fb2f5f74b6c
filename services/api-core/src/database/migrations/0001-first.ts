import { sql, type Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Makes the first tables. */
export async function up(db: Kysely<Tables>): Promise<void> {
  await createTenants(db)
  await createDomains(db)
  await createLinks(db)
  await createChanges(db)
}

async function createTenants(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('workspaces')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('plan', 'text', (column) => column.notNull())
    .addColumn('domain_count', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('link_count', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('token_count', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('secret_hash', 'text', (column) => column.notNull())
    .addColumn('scopes_json', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('tokens_tenant', ['workspace_id', 'id'])
    .execute()
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('request_hash', 'text', (column) => column.notNull())
    .addColumn('response_json', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('idempotency_keys_key', ['owner', 'key'])
    .execute()
  await db.schema
    .createIndex('idempotency_keys_age')
    .on('idempotency_keys')
    .column('created_at')
    .execute()
}

async function createDomains(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('domains')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull().references('workspaces.id'))
    .addColumn('hostname', 'text', (column) => column.notNull())
    .addColumn('tier', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('status_since', 'bigint', (column) => column.notNull())
    .addColumn('is_holder', 'integer', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('reason_message', 'text', (column) => column.notNull())
    .addColumn('verification_token', 'text', (column) => column.notNull())
    .addColumn('cname_label', 'text', (column) => column.notNull())
    .addColumn('root_url', 'text')
    .addColumn('not_found_url', 'text')
    .addColumn('observations_json', 'text', (column) => column.notNull())
    .addColumn('grace_ends_at', 'bigint')
    .addColumn('loss_seen_at', 'bigint')
    .addColumn('next_check_at', 'bigint')
    .addColumn('fast_until', 'bigint', (column) => column.notNull())
    .addColumn('quiet_checks', 'integer', (column) => column.notNull())
    .addColumn('lease', 'text')
    .addColumn('lease_worker', 'text')
    .addColumn('lease_until', 'bigint')
    .addColumn('check_requested', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('settings_changes', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('deleted_at', 'bigint')
    .addColumn('has_deleted_links', 'integer', (column) => column.notNull().defaultTo(0))
    .addUniqueConstraint('domains_tenant', ['workspace_id', 'id'])
    .addUniqueConstraint('domains_cname_label', ['cname_label'])
    // Why in the database too: a status that is changed without its holder mark
    // would let two workspaces serve one hostname.
    .addCheckConstraint(
      'domains_holder_follows_status',
      sql`(is_holder = 1) = (deleted_at is null
        and status in ('verified', 'active', 'degraded', 'suspended'))`,
    )
    .execute()
  await createDomainIndexes(db)
  await db.schema
    .createTable('domain_events')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('domain_id', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('status_from', 'text')
    .addColumn('status_to', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull())
    .addColumn('observations_json', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addForeignKeyConstraint('domain_events_domain', ['workspace_id', 'domain_id'], 'domains', [
      'workspace_id',
      'id',
    ])
    .execute()
  await db.schema
    .createIndex('domain_events_timeline')
    .on('domain_events')
    .columns(['workspace_id', 'domain_id', 'id'])
    .execute()
}

async function createDomainIndexes(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createIndex('domains_holder')
    .unique()
    .on('domains')
    .column('hostname')
    .where(sql<boolean>`is_holder = 1`)
    .execute()
  await db.schema
    .createIndex('domains_hostname_in_workspace')
    .unique()
    .on('domains')
    .columns(['workspace_id', 'hostname'])
    .where(sql<boolean>`deleted_at is null`)
    .execute()
  await db.schema
    .createIndex('domains_hostname')
    .on('domains')
    .columns(['hostname', 'status'])
    .where(sql<boolean>`deleted_at is null`)
    .execute()
  await db.schema
    .createIndex('domains_due')
    .on('domains')
    .column('next_check_at')
    .where(sql<boolean>`deleted_at is null and next_check_at is not null`)
    .execute()
  await db.schema
    .createIndex('domains_with_deleted_links')
    .on('domains')
    .column('id')
    .where(sql<boolean>`has_deleted_links = 1`)
    .execute()
}

async function createLinks(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('links')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('domain_id', 'text', (column) => column.notNull())
    .addColumn('slug', 'text', (column) => column.notNull())
    .addColumn('destination', 'text', (column) => column.notNull())
    .addColumn('redirect_status', 'integer', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('is_disabled', 'integer', (column) => column.notNull())
    .addColumn('title', 'text')
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('links_tenant', ['workspace_id', 'id'])
    .addUniqueConstraint('links_slug', ['domain_id', 'slug'])
    .addForeignKeyConstraint('links_domain', ['workspace_id', 'domain_id'], 'domains', [
      'workspace_id',
      'id',
    ])
    .execute()
  await db.schema
    .createIndex('links_of_domain')
    .on('links')
    .columns(['workspace_id', 'domain_id', 'id'])
    .execute()
  await db.schema
    .createTable('link_tags')
    .addColumn('workspace_id', 'text', (column) => column.notNull())
    .addColumn('link_id', 'text', (column) => column.notNull())
    .addColumn('tag', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('link_tags_key', ['link_id', 'tag'])
    .addForeignKeyConstraint(
      'link_tags_link',
      ['workspace_id', 'link_id'],
      'links',
      ['workspace_id', 'id'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute()
  await db.schema
    .createIndex('link_tags_of_workspace')
    .on('link_tags')
    .columns(['workspace_id', 'tag', 'link_id'])
    .execute()
}

async function createChanges(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('change_head')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addCheckConstraint('change_head_is_one_row', sql`id = 1`)
    .execute()
  // Why raw: the row has more columns by now than this migration knows.
  await sql`insert into change_head (id, sequence) values (1, 0)`.execute(db)
  await db.schema
    .createTable('changes')
    .addColumn('sequence', 'bigint', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('hostname', 'text', (column) => column.notNull())
    .addColumn('status', 'text')
    .addColumn('slug', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
}
