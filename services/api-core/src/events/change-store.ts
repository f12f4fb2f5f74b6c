import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type {
  CertificateState,
  Change,
  Lineage,
  Sequence,
  WatchFrom,
} from '@fingerpost/contract/core-api'
import type { Hostname } from '@fingerpost/model/hostname'
import type { Slug } from '@fingerpost/model/slug'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { ChangeRow, Tables } from '../database/tables.ts'
import type { Place } from '../rules/edge-lag.ts'

/** Most changes that are kept for edges that were away. */
export const CHANGES_KEPT_MAX = 100_000
/** How long a change is kept at most. */
export const CHANGES_KEPT_MS: DurationMs = 7 * 86_400_000
/**
 * Most changes that one statement deletes: it has to end long before a query's
 * limit, and everything else of this process waits for SQLite meanwhile.
 */
export const PRUNED_BATCH = 5_000
/** Most changes in one read. */
const BATCH_MAX = 500

/** Reads the sequence of the last committed change. */
export async function readHead(db: Kysely<Tables>): Promise<Sequence> {
  return (await readPlace(db)).sequence
}

/** Reads the sequence of the last committed change, and the history that it belongs to. */
export async function readPlace(db: Kysely<Tables>): Promise<Place> {
  return db
    .selectFrom('change_head')
    .select(['sequence', 'lineage'])
    .where('id', '=', 1)
    .executeTakeFirstOrThrow()
}

/** The next messages, and the history that they belong to. */
export type ChangesRead = {
  readonly lineage: Lineage
  readonly changes: readonly [Change, ...Change[]]
}

/**
 * Reads the next messages, at most 500 and a heartbeat. A heartbeat at the end
 * means that nothing newer is committed; a reset, that what comes next is not
 * kept any more, or that the caller has seen more than there is, or another history.
 */
export async function readChanges(from: WatchFrom, db: Kysely<Tables>): Promise<ChangesRead> {
  const { afterSequence } = from
  // Why the head first: all rows up to it are then visible to the second query.
  const { sequence: head, lineage } = await readPlace(db)
  // Why before the numbers: those of another history say nothing about this one.
  if (from.lineage !== undefined && from.lineage !== lineage) return readReset(from, db)
  if (afterSequence > head) {
    await beginHistory(lineage, db)
    return readReset(from, db)
  }
  const rows = await db
    .selectFrom('changes')
    .selectAll()
    .where('sequence', '>', afterSequence)
    .orderBy('sequence')
    .limit(BATCH_MAX)
    .execute()
  const last = rows.at(-1)?.sequence ?? afterSequence
  const heartbeat: Change = { kind: 'heartbeat', sequence: last, lineage }
  const [first, ...rest] = rows.map(toChange)
  if (first === undefined) {
    return head === afterSequence ? { lineage, changes: [heartbeat] } : readReset(from, db)
  }
  // Why this tells of a gap: sequences have none, so the next is always one more.
  if (first.sequence !== afterSequence + 1) return readReset(from, db)
  const isAll = rows.length < BATCH_MAX
  return { lineage, changes: isAll ? [first, ...rest, heartbeat] : [first, ...rest] }
}

/** Tells the caller to start over: before the oldest change kept, or after the newest. */
async function readReset(from: WatchFrom, db: Kysely<Tables>): Promise<ChangesRead> {
  const { sequence: head, lineage } = await readPlace(db)
  const oldest = from.fromOldest === true ? await readOldest(db) : undefined
  const sequence = oldest === undefined ? head : Math.min(oldest - 1, head)
  return { lineage, changes: [{ kind: 'reset', sequence, lineage }] }
}

async function readOldest(db: Kysely<Tables>): Promise<Sequence | undefined> {
  const row = await db
    .selectFrom('changes')
    .select((eb) => eb.fn.min<Sequence | null>('sequence').as('sequence'))
    .executeTakeFirst()
  return row?.sequence ?? undefined
}

/**
 * Names the history anew. Somebody has seen more changes than there are, so an
 * older database was restored: the same sequences will stand for other changes.
 */
async function beginHistory(former: Lineage, db: Kysely<Tables>): Promise<void> {
  await db
    .updateTable('change_head')
    .set({ lineage: randomUUID() })
    // Why: of several who have seen more only the first names it.
    .where('lineage', '=', former)
    .execute()
}

/**
 * Deletes changes that are too many or too old, the oldest first; tells whether
 * there are more.
 */
export async function pruneChanges(now: EpochMs, db: Kysely<Tables>): Promise<boolean> {
  const oldest = await readOldest(db)
  if (oldest === undefined) return false
  const tooMany = (await readHead(db)) - CHANGES_KEPT_MAX
  const youngestTooOld = await db
    .selectFrom('changes')
    .select((eb) => eb.fn.max('sequence').as('sequence'))
    .where('created_at', '<=', now - CHANGES_KEPT_MS)
    .executeTakeFirst()
  const last = Math.max(tooMany, youngestTooOld?.sequence ?? 0)
  // Why counted by sequences: they have no gaps.
  const through = Math.min(last, oldest - 1 + PRUNED_BATCH)
  await db.deleteFrom('changes').where('sequence', '<=', through).execute()
  return through < last
}

function certificateStateOf(row: ChangeRow): CertificateState {
  return { certificate: row.certificate ?? 'none', mayHoldUntil: row.may_hold_until ?? undefined }
}

function toChange(row: ChangeRow): Change {
  const { sequence, kind, created_at: committedAt } = row
  const hostname = row.hostname as Hostname
  switch (kind) {
    case 'hostname':
      return {
        kind: 'hostname_changed',
        sequence,
        committedAt,
        hostname,
        status: row.status ?? undefined,
        ...certificateStateOf(row),
      }
    case 'certificate':
      return {
        kind: 'certificate_changed',
        sequence,
        committedAt,
        hostname,
        ...certificateStateOf(row),
      }
    case 'link':
      return {
        kind: 'link_changed',
        sequence,
        committedAt,
        hostname,
        slug: (row.slug ?? '') as Slug,
      }
    default:
      return kind satisfies never
  }
}
