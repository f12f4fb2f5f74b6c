import { randomUUID } from 'node:crypto'
import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { repeat } from '@fingerpost/chassis/repeat'
import type { Acknowledgement, Sequence } from '@fingerpost/contract/core-api'
import type { DurationMs } from '@fingerpost/model/time'
import type { Storage } from '../database/storage.ts'
import {
  isLive,
  lagsBehind,
  mergeEdges,
  type EdgeState,
  type Place,
  type SharedEdge,
} from '../rules/edge-lag.ts'
import { assertEdgeId, EdgeRegistry, EDGES_MAX, type EdgeStream } from './edge-registry.ts'
import {
  disconnectEdges,
  EDGE_SEEN_MS,
  pruneEdges,
  readEdges,
  writeAcknowledgement,
  writeEdges,
  type EdgeWriter,
} from './edge-store.ts'

/** The shortest time between two writes of what edges acknowledged. */
const SHARE_MS: DurationMs = 25
/** How often somebody who waits looks at what other processes' edges acknowledged. */
const LOOK_MS: DurationMs = 15
/** The same with SQLite, where only an edge's time can run out. */
const LOOK_ALONE_MS: DurationMs = 250
/** How often SQLite's one process confirms its edges, so that their rows are kept. */
const SEEN_ALONE_MS: DurationMs = 600_000

const BACKOFF = { firstMs: 100, factor: 2, maxMs: 2_000 }

/** What edges need. */
export type EdgeDeps = {
  readonly storage: Storage
  readonly clock: Clock
  readonly log: Logger
}

/**
 * The live edges, and how far each has applied the changes.
 *
 * Several processes on one PostgreSQL tell each other by a table, which is
 * written while something changes and read while somebody waits. With SQLite
 * there is one process; it writes only who came and went, so that it knows after
 * a restart for whom it has to wait.
 */
export class Edges implements AsyncDisposable {
  readonly #deps: EdgeDeps
  readonly #process = randomUUID()
  readonly #registry: EdgeRegistry
  readonly #stop = new AbortController()
  readonly #sharing: Promise<unknown>
  readonly #isAlone: boolean
  /** What has to be written. */
  readonly #unwritten = new Set<string>()
  readonly #foreign = new Map<string, Sequence>()
  #write = Promise.withResolvers<void>()
  #progress = Promise.withResolvers<void>()
  #shared: readonly SharedEdge[] = []
  #reading: Promise<void> | undefined
  #next: Promise<void> | undefined
  #begun: Promise<void> | undefined

  constructor(deps: EdgeDeps) {
    this.#deps = deps
    this.#isAlone = deps.storage.engine === 'sqlite'
    this.#registry = new EdgeRegistry({
      now: () => deps.clock.now(),
      onMoved: (id) => this.#note(id, true),
      onChanged: (id) => this.#note(id, !this.#isAlone),
    })
    const signal = this.#stop.signal
    const onError = (error: unknown): void =>
      deps.log.debug({ error }, 'edges could not be stored; it is tried again')
    const how = { clock: deps.clock, random: Math.random, onError }
    const seenMs = this.#isAlone ? SEEN_ALONE_MS : EDGE_SEEN_MS
    this.#sharing = Promise.all([
      repeat(() => this.#share(), { pauseMs: SHARE_MS, backoff: BACKOFF, signal }, how),
      repeat(() => this.#confirm(), { pauseMs: seenMs, backoff: BACKOFF, signal }, how),
    ])
  }

  /** How many edges have a stream here. */
  get connected(): number {
    return this.#registry.connected
  }

  /**
   * Notes that an edge opens a change stream, and tells the other processes
   * before anything is sent by it.
   *
   * @throws {AppError} `body_invalid`, `too_many_edges`, `storage_unavailable`
   */
  async join(id: string): Promise<EdgeStream> {
    await this.#begin()
    const stream = this.#registry.join(id)
    try {
      await this.#writeOwn([id])
      return stream
    } catch (error) {
      stream.end()
      throw error
    }
  }

  /** Notes what an edge has applied. */
  acknowledge(acknowledgement: Acknowledgement): void {
    const { edgeId, sequence } = acknowledgement
    if (this.#registry.acknowledge(acknowledgement) || this.#isAlone) return
    assertEdgeId(edgeId)
    // Why dropped: it is said again with the next change.
    if (this.#foreign.size >= EDGES_MAX) return
    this.#foreign.set(edgeId, Math.max(sequence, this.#foreign.get(edgeId) ?? 0))
    this.#write.resolve()
  }

  /** Resolves with the next acknowledgement; to be taken before looking who lags. */
  get progress(): Promise<void> {
    return this.#progress.promise
  }

  /** Resolves with `progress`, or when it is time to look again, with false. */
  async untilNews(progress: Promise<void>, signal: AbortSignal): Promise<false> {
    const look = new AbortController()
    const either = AbortSignal.any([signal, look.signal])
    const pauseMs = this.#isAlone ? LOOK_ALONE_MS : LOOK_MS
    await Promise.race([progress, this.#deps.clock.sleep(pauseMs, either)])
    look.abort()
    return false
  }

  /** Gives all live edges, read after this was called. */
  async live(): Promise<readonly EdgeState[]> {
    await this.#begin()
    if (!this.#isAlone) await this.#refresh()
    const now = this.#deps.clock.now()
    return mergeEdges(this.#registry.states(), this.#shared).filter((edge) => isLive(edge, now))
  }

  /** Gives the live edges that may serve something older than a change. */
  async lagging(place: Place): Promise<readonly EdgeState[]> {
    return (await this.live()).filter((edge) => lagsBehind(edge, place))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#write.resolve()
    await this.#sharing
    // Why ignored: it only spares the others the wait until these rows are too old.
    await this.#flush().catch(() => {})
  }

  #writer(): EdgeWriter {
    return { process: this.#process, now: this.#deps.clock.now() }
  }

  /** Learns of whom the former process knew: once, however many ask at the same time. */
  async #begin(): Promise<void> {
    if (!this.#isAlone) return
    this.#begun ??= this.#readFormer()
    try {
      await this.#begun
    } catch (error) {
      this.#begun = undefined
      throw error
    }
  }

  async #readFormer(): Promise<void> {
    const { db } = this.#deps.storage
    await disconnectEdges(this.#deps.clock.now(), db)
    this.#shared = await readEdges(this.#writer(), db)
  }

  #note(id: string, isWritten: boolean): void {
    this.#progress.resolve()
    this.#progress = Promise.withResolvers<void>()
    if (!isWritten) return
    this.#unwritten.add(id)
    this.#write.resolve()
  }

  async #share(): Promise<void> {
    await this.#write.promise
    if (this.#stop.signal.aborted) return
    this.#write = Promise.withResolvers<void>()
    try {
      await this.#flush()
    } catch (error) {
      this.#write.resolve()
      throw error
    }
  }

  async #flush(): Promise<void> {
    const ids = [...this.#unwritten]
    this.#unwritten.clear()
    try {
      await this.#writeOwn(ids)
    } catch (error) {
      for (const id of ids) this.#unwritten.add(id)
      throw error
    }
    for (const [id, sequence] of this.#foreign) {
      await writeAcknowledgement(id, sequence, this.#deps.storage.db)
      if (this.#foreign.get(id) === sequence) this.#foreign.delete(id)
    }
  }

  async #writeOwn(ids: readonly string[]): Promise<void> {
    const states = ids.flatMap((id) => this.#registry.state(id) ?? [])
    await writeEdges(states, this.#writer(), this.#deps.storage.db)
  }

  async #confirm(): Promise<void> {
    const connected = this.#registry.states().filter((edge) => edge.isConnected)
    if (connected.length === 0) return
    await this.#writeOwn(connected.map((edge) => edge.id))
    await pruneEdges(this.#deps.clock.now(), this.#deps.storage.db)
  }

  /** Reads the table; all who ask while a read runs get the one that begins after it. */
  async #refresh(): Promise<void> {
    if (this.#reading === undefined) {
      this.#reading = this.#readShared()
      return this.#reading
    }
    this.#next ??= this.#reading
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        this.#reading = this.#readShared()
        return this.#reading
      })
    return this.#next
  }

  async #readShared(): Promise<void> {
    try {
      this.#shared = await readEdges(this.#writer(), this.#deps.storage.db)
    } finally {
      this.#reading = undefined
    }
  }
}
