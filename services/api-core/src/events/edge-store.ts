import { sql, type Kysely } from 'kysely'
import type { Sequence } from '@fingerpost/contract/core-api'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { EdgeRow, Tables } from '../database/tables.ts'
import { FAREWELL, type EdgeState, type SharedEdge } from '../rules/edge-lag.ts'
import { EDGES_MAX } from './edge-registry.ts'

/** How often a process confirms the edges that are connected to it. */
export const EDGE_SEEN_MS: DurationMs = 10_000
/** A row that nobody confirms any more is deleted after so long. */
const ROW_KEPT_MS: DurationMs = 3_600_000
/** Rows of one insert, so that no statement has more parameters than an engine takes. */
const ROWS_PER_INSERT = 500

/** Who writes, and when. */
export type EdgeWriter = { readonly process: string; readonly now: EpochMs }

/** Stores the edges whose streams this process serves, or served last. */
export async function writeEdges(
  edges: readonly EdgeState[],
  { process, now }: EdgeWriter,
  db: Kysely<Tables>,
): Promise<void> {
  // Why sorted: two processes that write the same rows must lock them in the same order.
  const rows = edges
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .map((edge) => rowOf(edge, process, now))
  for (const isConnected of [1, 0]) {
    const some = rows.filter((row) => row.is_connected === isConnected)
    for (let start = 0; start < some.length; start += ROWS_PER_INSERT) {
      await db
        .insertInto('edges')
        .values(some.slice(start, start + ROWS_PER_INSERT))
        .onConflict((conflict) => {
          const update = conflict.column('id').doUpdateSet((eb) => ({
            process: eb.ref('excluded.process'),
            lineage: eb.ref('excluded.lineage'),
            // Why the greater: an acknowledgement may have arrived at another process.
            acknowledged: sql<number>`case when edges.lineage = excluded.lineage
              and edges.acknowledged > excluded.acknowledged
              then edges.acknowledged else excluded.acknowledged end`,
            is_connected: eb.ref('excluded.is_connected'),
            since_at: eb.ref('excluded.since_at'),
            seen_at: eb.ref('excluded.seen_at'),
          }))
          // Why: an edge that is gone here may have come back to another process.
          return isConnected === 1 ? update : update.where('edges.process', '=', process)
        })
        .execute()
    }
  }
}

/**
 * Stores what an edge acknowledged here although its stream is elsewhere: not
 * more than there is, which is of a history that a restored database has lost.
 */
export async function writeAcknowledgement(
  id: string,
  sequence: Sequence,
  db: Kysely<Tables>,
): Promise<void> {
  await db
    .updateTable('edges')
    .set({ acknowledged: sequence })
    .where('id', '=', id)
    .where('acknowledged', '<', sequence)
    .where((eb) =>
      eb.or([
        eb(eb.val(sequence), '=', FAREWELL),
        eb(eb.val(sequence), '<=', eb.selectFrom('change_head').select('change_head.sequence')),
      ]),
    )
    .execute()
}

/** Reads the edges of all processes. */
export async function readEdges(
  { process, now }: EdgeWriter,
  db: Kysely<Tables>,
): Promise<readonly SharedEdge[]> {
  const rows = await db
    .selectFrom('edges')
    .selectAll()
    .where('seen_at', '>', now - ROW_KEPT_MS)
    .orderBy('seen_at', 'desc')
    .limit(EDGES_MAX)
    .execute()
  return rows.map((row) => edgeOf(row, process, now))
}

/** Notes that no edge is connected any more; for the one process of a database, at its start. */
export async function disconnectEdges(now: EpochMs, db: Kysely<Tables>): Promise<void> {
  await db
    .updateTable('edges')
    .set({ is_connected: 0, since_at: now, seen_at: now })
    .where('is_connected', '=', 1)
    .execute()
}

/** Deletes the edges that nobody has seen for long. */
export async function pruneEdges(now: EpochMs, db: Kysely<Tables>): Promise<void> {
  await db
    .deleteFrom('edges')
    .where('seen_at', '<=', now - ROW_KEPT_MS)
    .execute()
}

function rowOf(edge: EdgeState, process: string, now: EpochMs): EdgeRow {
  return {
    id: edge.id,
    process,
    lineage: edge.lineage,
    acknowledged: edge.acknowledged,
    is_connected: edge.isConnected ? 1 : 0,
    since_at: edge.sinceAt,
    seen_at: now,
  }
}

function edgeOf(row: EdgeRow, process: string, now: EpochMs): SharedEdge {
  const isOwn = row.process === process
  // Why: the process may have died, and its edges with it, right after it saw them last.
  const goneAt = row.seen_at + 2 * EDGE_SEEN_MS
  const isConnected = row.is_connected === 1 && (isOwn || now < goneAt)
  const { id, lineage, acknowledged } = row
  const sinceAt = row.is_connected === 1 && !isConnected ? goneAt : row.since_at
  return { id, lineage, acknowledged, isConnected, sinceAt, isOwn }
}
