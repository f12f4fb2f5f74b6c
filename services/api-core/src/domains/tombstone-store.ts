import { sql, type Kysely } from 'kysely'
import type { CheckRecord } from '@fingerpost/contract/core-api'
import { dueByCoreClock } from '@fingerpost/contract/core-clock'
import { LINKS_HOME } from '../database/links-home.ts'
import type { DomainRow, Tables } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'
import { formatObservations } from './domain-row.ts'

/** Most deleted domains of one workspace that are looked at; the oldest make room. */
export const TOMBSTONES_CHECKED_MAX = 1_000

/**
 * Most deleted domains of one workspace that are kept; the oldest make room. As
 * many as it can have domains, so that adding and deleting in turn fills no disk.
 */
export const TOMBSTONES_KEPT_MAX = 10_000

// Why more than one: those whose links are not deleted yet have to wait for their turn.
const DROPPED_AT_ONCE_MAX = 10

/** Keeps a workspace's deleted domains within their bounds, after one more was deleted. */
export async function boundTombstones(workspaceId: string, writing: Writing): Promise<void> {
  await uncheckOldest(workspaceId, writing)
  await dropOldest(workspaceId, writing)
}

async function uncheckOldest(workspaceId: string, { trx }: Writing): Promise<void> {
  const beyond = trx
    .selectFrom('domains')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is not', null)
    .where('next_check_at', 'is not', null)
    .orderBy('deleted_at', 'desc')
    .orderBy('id', 'desc')
    .offset(TOMBSTONES_CHECKED_MAX)
    .limit(DROPPED_AT_ONCE_MAX)
  await trx.updateTable('domains').set(UNCHECKED).where('id', 'in', beyond).execute()
}

async function dropOldest(workspaceId: string, { trx }: Writing): Promise<void> {
  const oldest = await trx
    .selectFrom('domains')
    .select(['id', 'has_deleted_links', 'next_check_at'])
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is not', null)
    .orderBy('deleted_at', 'desc')
    .orderBy('id', 'desc')
    .offset(TOMBSTONES_KEPT_MAX)
    .limit(DROPPED_AT_ONCE_MAX)
    .execute()
  const done = oldest
    .filter((row) => row.has_deleted_links === 0 && row.next_check_at === null)
    .map((row) => row.id)
  const homes = await homesInUse(done, trx)
  const ids = done.filter((id) => !homes.has(id))
  if (ids.length === 0) return
  await trx
    .deleteFrom('domain_events')
    .where('workspace_id', '=', workspaceId)
    .where('domain_id', 'in', ids)
    .execute()
  await trx.deleteFrom('domain_evidence').where('domain_id', 'in', ids).execute()
  await trx.deleteFrom('domains').where('id', 'in', ids).execute()
}

/** Gives which of some domains' ids are those that links of other domains carry. */
async function homesInUse(
  ids: readonly string[],
  db: Kysely<Tables>,
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('domains')
    .select(LINKS_HOME.as('home'))
    .where(LINKS_HOME, 'in', ids)
    .where((eb) => eb.or([eb('deleted_at', 'is', null), eb('has_deleted_links', '=', 1)]))
    .execute()
  return new Set(rows.map((row) => row.home))
}

/** Ends the looks at a hostname's deleted domains: somebody has proved it anew. */
export async function forgetTombstones(hostname: string, { trx }: Writing): Promise<void> {
  await trx
    .updateTable('domains')
    .set(UNCHECKED)
    .where('hostname', '=', hostname)
    .where(IS_CHECKED)
    .execute()
}

/** Tells whether DNS may still lead to a deleted domain of another workspace. */
export async function hasForeignTombstone(
  { hostname, workspace_id: workspaceId }: Pick<DomainRow, 'hostname' | 'workspace_id'>,
  db: Kysely<Tables>,
): Promise<boolean> {
  const found = await db
    .selectFrom('domains')
    .select('id')
    .where('hostname', '=', hostname)
    .where('workspace_id', '!=', workspaceId)
    .where(IS_CHECKED)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** Stores what a look at a deleted domain found: when it is looked at next, if at all. */
export async function storeTombstoneCheck(
  before: DomainRow,
  check: CheckRecord,
  { trx, now }: Writing,
): Promise<void> {
  await trx
    .updateTable('domains')
    .set({
      ...UNCHECKED,
      observations_json: formatObservations(check.observations),
      loss_seen_at: check.lossSeenAt ?? null,
      quiet_checks: before.quiet_checks + 1,
      next_check_at: dueByCoreClock(check, now) ?? null,
    })
    .where('id', '=', before.id)
    .execute()
}

const UNCHECKED = { next_check_at: null, lease: null, lease_worker: null, lease_until: null }

// Why literal: only so can both planners see that the index of these fits.
const IS_CHECKED = sql<boolean>`deleted_at is not null and next_check_at is not null`
