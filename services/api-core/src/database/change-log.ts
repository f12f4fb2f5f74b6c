import { sql, type Transaction } from 'kysely'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Sequence } from '@fingerpost/contract/core-api'
import type { EpochMs } from '@fingerpost/model/time'
import type { ChangeRow, Tables } from './tables.ts'

/** What a transaction changed that others have to hear of. */
export type Announcement =
  | { readonly kind: 'hostname'; readonly hostname: string }
  | { readonly kind: 'link'; readonly hostname: string; readonly slug: string }

/** Rows of one insert, so that no statement has more parameters than an engine takes. */
const ROWS_PER_INSERT = 500

/**
 * Writes changes at the end of the one order of all changes.
 *
 * It has to be the last thing that a transaction does: the head row stays
 * locked until the commit, so sequences are committed in their order, without
 * gaps, and each hostname's status is read after every earlier change.
 */
export async function appendChanges(
  trx: Transaction<Tables>,
  announcements: readonly Announcement[],
  now: EpochMs,
): Promise<Sequence> {
  const head = await trx
    .updateTable('change_head')
    .set((eb) => ({ sequence: eb('sequence', '+', announcements.length) }))
    .where('id', '=', 1)
    .returning('sequence')
    .executeTakeFirstOrThrow()
  const rows: ChangeRow[] = []
  let sequence = head.sequence - announcements.length
  for (const announcement of announcements) {
    sequence += 1
    rows.push(await toRow(trx, announcement, sequence, now))
  }
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    await trx
      .insertInto('changes')
      .values(rows.slice(start, start + ROWS_PER_INSERT))
      .execute()
  }
  return head.sequence
}

async function toRow(
  trx: Transaction<Tables>,
  announcement: Announcement,
  sequence: Sequence,
  now: EpochMs,
): Promise<ChangeRow> {
  const { kind, hostname } = announcement
  switch (kind) {
    case 'link':
      return { sequence, kind, hostname, status: null, slug: announcement.slug, created_at: now }
    case 'hostname': {
      const status = await effectiveStatus(trx, hostname)
      return { sequence, kind, hostname, status, slug: null, created_at: now }
    }
    default:
      return announcement satisfies never
  }
}

/** Gives the status that counts for a hostname: its holder's, else any claim's, else null. */
async function effectiveStatus(
  trx: Transaction<Tables>,
  hostname: string,
): Promise<DomainStatus | null> {
  const row = await trx
    .selectFrom('domains')
    .select('status')
    .where('hostname', '=', hostname)
    .where('deleted_at', 'is', null)
    .orderBy(sql`is_holder desc`)
    .limit(1)
    .executeTakeFirst()
  return row?.status ?? null
}
