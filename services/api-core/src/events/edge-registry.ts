import {
  EDGE_FAREWELL,
  EDGE_ID_OCTETS_MAX,
  type Acknowledgement,
  type Change,
  type Lineage,
  type Sequence,
} from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import type { EpochMs } from '@fingerpost/model/time'
import { EDGE_KEPT_MS, FAREWELL, type EdgeState } from '../rules/edge-lag.ts'

/** Most edges that one process keeps in mind. */
export const EDGES_MAX = 1_000

/** The change stream of an edge: what is sent by it is noted before. */
export type EdgeStream = {
  /** Notes where the edge says to be, once core knows that to be true. */
  begin(lineage: Lineage, applied: Sequence): void
  /** Notes a message that is about to be sent. */
  tell(change: Change, lineage: Lineage): void
  /** The stream is gone. */
  end(): void
}

type Edge = {
  readonly id: string
  lineage: Lineage
  acknowledged: Sequence
  /** The last change that it was told: more it cannot have applied. */
  told: Sequence
  /** Undefined: gone. An edge that comes back may be here before its old stream is missed. */
  stream: EdgeStream | undefined
  sinceAt: EpochMs
}

/** The edges whose change streams this process serves, and what they acknowledged. */
export class EdgeRegistry {
  readonly #edges = new Map<string, Edge>()
  readonly #now: () => EpochMs
  readonly #onMoved: (id: string) => void
  readonly #onChanged: (id: string) => void

  /**
   * @param deps.onMoved called when an edge came, went or said farewell
   * @param deps.onChanged called when an edge acknowledged something
   */
  constructor(deps: {
    readonly now: () => EpochMs
    readonly onMoved: (id: string) => void
    readonly onChanged: (id: string) => void
  }) {
    this.#now = deps.now
    this.#onMoved = deps.onMoved
    this.#onChanged = deps.onChanged
  }

  /** How many edges have a stream here. */
  get connected(): number {
    let count = 0
    for (const edge of this.#edges.values()) if (edge.stream !== undefined) count += 1
    return count
  }

  /** The edges that are connected, or were a while ago. */
  states(): readonly EdgeState[] {
    this.#forget()
    return Array.from(this.#edges.values(), stateOf)
  }

  /** One edge, if it is kept in mind. */
  state(id: string): EdgeState | undefined {
    const edge = this.#edges.get(id)
    return edge && stateOf(edge)
  }

  /**
   * Notes that an edge opens a change stream.
   *
   * @throws {AppError} `body_invalid` for an id that cannot be shown, `too_many_edges`
   */
  join(id: string): EdgeStream {
    assertEdgeId(id)
    const edge = this.#edges.get(id) ?? this.#add(id)
    const stream: EdgeStream = {
      begin: (lineage, applied) => {
        if (edge.stream !== stream) return
        if (edge.lineage !== lineage) edge.acknowledged = 0
        edge.lineage = lineage
        edge.told = applied
        edge.acknowledged = Math.max(edge.acknowledged, applied)
        this.#onChanged(id)
      },
      tell: (change, lineage) => {
        if (edge.stream !== stream) return
        if (edge.lineage !== lineage) edge.acknowledged = 0
        edge.lineage = lineage
        edge.told = change.sequence
      },
      end: () => {
        if (edge.stream !== stream) return
        edge.stream = undefined
        edge.sinceAt = this.#now()
        this.#onMoved(id)
      },
    }
    if (edge.stream === undefined) edge.sinceAt = this.#now()
    edge.stream = stream
    this.#onMoved(id)
    return stream
  }

  /**
   * Notes what an edge has applied; false: its stream is not here, so that other
   * processes have to hear of it, even when it was here a moment ago.
   */
  acknowledge({ edgeId, sequence }: Acknowledgement): boolean {
    const edge = this.#edges.get(edgeId)
    if (edge === undefined) return false
    if (sequence === EDGE_FAREWELL) {
      edge.acknowledged = FAREWELL
      this.#onMoved(edgeId)
    } else if (sequence <= edge.told) {
      // Why not more than was told: it is of a history that this edge has been told to forget.
      this.#advance(edge, sequence)
    }
    return edge.stream !== undefined
  }

  #advance(edge: Edge, sequence: Sequence): void {
    if (sequence <= edge.acknowledged) return
    edge.acknowledged = sequence
    this.#onChanged(edge.id)
  }

  #add(id: string): Edge {
    if (this.#edges.size >= EDGES_MAX) this.#forget()
    if (this.#edges.size >= EDGES_MAX) {
      throw new AppError('too_many_edges', `There are ${EDGES_MAX} edges already.`)
    }
    const edge: Edge = {
      id,
      lineage: '',
      acknowledged: 0,
      told: 0,
      stream: undefined,
      sinceAt: this.#now(),
    }
    this.#edges.set(id, edge)
    return edge
  }

  /** Forgets who is gone for long; not at once who said farewell, which has to be stored first. */
  #forget(): void {
    const now = this.#now()
    for (const edge of this.#edges.values()) {
      if (edge.stream === undefined && now - edge.sinceAt >= EDGE_KEPT_MS) {
        this.#edges.delete(edge.id)
      }
    }
  }
}

/**
 * Refuses the name of an edge that is not visible ASCII: it is shown to people.
 *
 * @throws {AppError} `body_invalid`
 */
export function assertEdgeId(id: string): void {
  if (id.length <= EDGE_ID_OCTETS_MAX && /^[\x21-\x7e]+$/.test(id)) return
  throw new AppError('body_invalid', 'The name of an edge is 1 to 64 visible ASCII characters.', {
    facts: { field: 'edge_id' },
  })
}

function stateOf({ id, lineage, acknowledged, stream, sinceAt }: Edge): EdgeState {
  return { id, lineage, acknowledged, isConnected: stream !== undefined, sinceAt }
}
