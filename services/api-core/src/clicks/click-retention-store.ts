import { sql, type Transaction } from 'kysely'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import { jsonRows } from '../database/json-rows.ts'
import type { Engine } from '../database/storage.ts'
import type { ClickHourRow, Tables } from '../database/tables.ts'
import { inTransaction, type WriteDeps, type Writing } from '../database/transaction.ts'
import { CLICKS_KEPT_MS } from './click-store.ts'

/** Most hours of links whose clicks one transaction deletes. */
export const DELETED_HOURS_BATCH = 20
/** Most deleted links, and most sources, that one transaction is done with. */
const ROWS_BATCH = 500
/** How long a source is remembered that sends nothing. */
export const SOURCES_KEPT_MS: DurationMs = 60 * 86_400_000
/** How long the clicks of a link outlive it. */
export const DELETED_LINK_PAUSE_MS: DurationMs = 60_000

/** Deletes some clicks that are too old or of deleted links; tells whether there may be more. */
export async function deleteSomeClicks(deps: WriteDeps): Promise<boolean> {
  const hasMoreOld = await inTransaction(deleteOld, deps)
  const hasMoreDeleted = await inTransaction(deleteOfDeletedLinks, deps)
  return hasMoreOld || hasMoreDeleted
}

/** Notes that links are deleted, so that their clicks go some time later, bit by bit. */
export async function noteDeletedLinks(
  linkIds: readonly string[],
  { trx, engine, now }: Writing,
): Promise<void> {
  if (linkIds.length === 0) return
  await sql`
    insert into deleted_links (deleted_at, link_id)
    select cast(list.value ->> 0 as bigint), list.value ->> 1
    from ${jsonRows(
      linkIds.map((id) => [now, id]),
      engine,
    )}`.execute(trx)
}

/** Forgets the sources that have not sent anything for long. */
export async function pruneSources(now: EpochMs, deps: WriteDeps): Promise<void> {
  await inTransaction(async ({ trx }) => {
    const unused = trx
      .selectFrom('click_sources')
      .select('source')
      .where('updated_at', '<=', now - SOURCES_KEPT_MS)
      .limit(ROWS_BATCH)
    await trx
      .deleteFrom('click_sources')
      .where('source', 'in', unused)
      // Why again: it may have sent something since.
      .where('updated_at', '<=', now - SOURCES_KEPT_MS)
      .execute()
  }, deps)
}

type Hour = Pick<ClickHourRow, 'link_id' | 'hour'>

async function deleteOld({ trx, engine, now }: Writing): Promise<boolean> {
  const old = trx
    .selectFrom('click_hours')
    .select(['link_id', 'hour'])
    .where('hour', '<=', now - CLICKS_KEPT_MS)
    .orderBy('hour')
    .limit(DELETED_HOURS_BATCH)
  // Why skipped: another instance is at those; together they would only wait.
  const hours = await (engine === 'postgres' ? old.forUpdate().skipLocked() : old).execute()
  await deleteHours(hours, trx, engine)
  return hours.length === DELETED_HOURS_BATCH
}

async function deleteOfDeletedLinks({ trx, engine, now }: Writing): Promise<boolean> {
  const deleted = trx
    .selectFrom('deleted_links')
    .select(['deleted_at', 'link_id'])
    // Why so late: a batch of clicks that still saw the link may be at its end.
    .where('deleted_at', '<=', now - DELETED_LINK_PAUSE_MS)
    .orderBy('deleted_at')
    .limit(ROWS_BATCH)
  const links = await (engine === 'postgres' ? deleted.forUpdate().skipLocked() : deleted).execute()
  if (links.length === 0) return false
  const list = jsonRows(
    links.map((link) => [link.link_id, link.deleted_at]),
    engine,
  )
  const { rows: hours } = await sql<Hour>`
    select click_hours.link_id, click_hours.hour
    from ${list} join click_hours on click_hours.link_id = list.value ->> 0
    limit ${sql.lit(DELETED_HOURS_BATCH)}`.execute(trx)
  await deleteHours(hours, trx, engine)
  if (hours.length === DELETED_HOURS_BATCH) return true
  await sql`
    delete from deleted_links where (deleted_at, link_id) in
      (select cast(list.value ->> 1 as bigint), list.value ->> 0 from ${list})`.execute(trx)
  return links.length === ROWS_BATCH
}

async function deleteHours(
  hours: readonly Hour[],
  trx: Transaction<Tables>,
  engine: Engine,
): Promise<void> {
  if (hours.length === 0) return
  const keys = sql`(link_id, hour) in
    (select list.value ->> 0, cast(list.value ->> 1 as bigint) from ${jsonRows(
      hours.map((hour) => [hour.link_id, hour.hour]),
      engine,
    )})`
  await sql`delete from click_counts where ${keys}`.execute(trx)
  await sql`delete from click_hours where ${keys}`.execute(trx)
}
