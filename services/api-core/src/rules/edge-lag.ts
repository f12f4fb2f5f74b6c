import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** How far an edge is known to be. */
export type EdgeState = {
  readonly id: string
  /** The history that `acknowledged` belongs to. */
  readonly lineage: string
  /** The last change that it has said to have applied. */
  readonly acknowledged: number
  /** Whether its change stream is open. */
  readonly isConnected: boolean
  /** Since when the stream is open, or gone. */
  readonly sinceAt: EpochMs
}

/** An edge as the shared table tells of it. */
export type SharedEdge = EdgeState & {
  /** Whether this process wrote it. */
  readonly isOwn: boolean
}

/** What an edge has to have applied. */
export type Place = { readonly lineage: string; readonly sequence: number }

/**
 * Says for how long an edge counts after its stream is gone.
 *
 * It goes on serving what it has, and asks core first once it has heard nothing
 * for 25 s, which began before core could see that the stream was gone. The rest
 * is for processes that stand still for a moment, and clocks that differ.
 */
export const EDGE_KEPT_MS: DurationMs = 40_000

/** Acknowledges every change there will ever be: an edge that serves nothing any more says so. */
export const FAREWELL = Number.MAX_SAFE_INTEGER

/** Tells whether an edge may be serving what it knows. */
export function isLive(edge: EdgeState, now: EpochMs): boolean {
  if (edge.acknowledged === FAREWELL) return false
  return edge.isConnected || now - edge.sinceAt < EDGE_KEPT_MS
}

/** Tells whether an edge may serve something older than a change. */
export function lagsBehind(edge: EdgeState, place: Place): boolean {
  if (edge.acknowledged === FAREWELL) return false
  // Why: the numbers of different histories cannot be compared.
  return edge.lineage !== place.lineage || edge.acknowledged < place.sequence
}

/**
 * Puts together what this process knows of its own edges and what the shared
 * table tells of all. An acknowledgement may have arrived at another process
 * than the stream, and an edge may have moved its stream to another process.
 */
export function mergeEdges(
  own: readonly EdgeState[],
  shared: readonly SharedEdge[],
): readonly EdgeState[] {
  const edges = new Map(own.map((edge) => [edge.id, edge]))
  for (const row of shared) {
    const known = edges.get(row.id)
    if (known === undefined || hasMoved(known, row)) {
      edges.set(row.id, row)
    } else if (known.lineage === row.lineage && known.acknowledged < row.acknowledged) {
      edges.set(row.id, { ...known, acknowledged: row.acknowledged })
    }
  }
  return [...edges.values()]
}

function hasMoved(known: EdgeState, row: SharedEdge): boolean {
  return !row.isOwn && row.isConnected && !known.isConnected
}
