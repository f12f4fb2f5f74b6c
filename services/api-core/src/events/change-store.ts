import type { Kysely } from 'kysely'
import type { Change, Sequence } from '@fingerpost/contract/core-api'
import type { Hostname } from '@fingerpost/model/hostname'
import type { Slug } from '@fingerpost/model/slug'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { ChangeRow, Tables } from '../database/tables.ts'

/** Most changes that are kept for edges that were away. */
export const CHANGES_KEPT_MAX = 100_000
/** How long a change is kept at most. */
export const CHANGES_KEPT_MS: DurationMs = 7 * 86_400_000
/** Most changes in one read. */
const BATCH_MAX = 500

/** Reads the sequence of the last committed change. */
export async function readHead(db: Kysely<Tables>): Promise<Sequence> {
  const row = await db
    .selectFrom('change_head')
    .select('sequence')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow()
  return row.sequence
}

/**
 * Reads the next messages after a sequence, at most 500. A heartbeat alone
 * means that nothing newer is committed; a reset, that what comes next is not
 * kept any more, or that the caller has seen more than there is.
 */
export async function readChanges(
  afterSequence: Sequence,
  db: Kysely<Tables>,
): Promise<readonly [Change, ...Change[]]> {
  // Why the head first: all rows up to it are then visible to the second query.
  const head = await readHead(db)
  const rows = await db
    .selectFrom('changes')
    .selectAll()
    .where('sequence', '>', afterSequence)
    .orderBy('sequence')
    .limit(BATCH_MAX)
    .execute()
  const [first, ...rest] = rows.map(toChange)
  // Why this tells of a gap: sequences have none, so the next is always one more.
  if (first !== undefined && first.sequence === afterSequence + 1) return [first, ...rest]
  if (first === undefined && head === afterSequence) {
    return [{ kind: 'heartbeat', sequence: head }]
  }
  return [{ kind: 'reset', sequence: head }]
}

/** Deletes the changes that are too many or too old. */
export async function pruneChanges(now: EpochMs, db: Kysely<Tables>): Promise<void> {
  const tooMany = (await readHead(db)) - CHANGES_KEPT_MAX
  const youngestTooOld = await db
    .selectFrom('changes')
    .select((eb) => eb.fn.max('sequence').as('sequence'))
    .where('created_at', '<=', now - CHANGES_KEPT_MS)
    .executeTakeFirst()
  const through = Math.max(tooMany, youngestTooOld?.sequence ?? 0)
  await db.deleteFrom('changes').where('sequence', '<=', through).execute()
}

function toChange(row: ChangeRow): Change {
  const { sequence, kind } = row
  const hostname = row.hostname as Hostname
  switch (kind) {
    case 'hostname':
      return { kind: 'hostname_changed', sequence, hostname, status: row.status ?? undefined }
    case 'link':
      return { kind: 'link_changed', sequence, hostname, slug: (row.slug ?? '') as Slug }
    default:
      return kind satisfies never
  }
}
