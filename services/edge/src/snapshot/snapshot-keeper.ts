import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { repeat } from '@fingerpost/chassis/repeat'
import type { Change, Lineage, Sequence } from '@fingerpost/contract/core-api'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { KeptEntries } from '../lookup/link-cache.ts'
import { entriesOf, isSame, keptEntriesOf } from './snapshot-entries.ts'
import {
  appendDropped,
  keyOfEntry,
  readSnapshot,
  snapshotKeyOf,
  writeSnapshot,
  type DroppedEntry,
} from './snapshot-file.ts'

/** How much a snapshot holds, and how often it is written. */
export type SnapshotLimits = {
  /** Most links; most domains, too. */
  readonly entriesMax: number
  /** Most octets when written; beyond twice as many a file is not read. */
  readonly octetsMax: number
  readonly intervalMs: DurationMs
  /** How soon it is noted in the file that a change took something away. */
  readonly noteMs: DurationMs
}

/** What keeping a snapshot uses. */
export type SnapshotDeps = {
  readonly lookup: {
    readonly lineage: Lineage | undefined
    hottest(countMax: number): KeptEntries
    restore(entries: KeptEntries, lineage: Lineage | undefined): void
  }
  readonly clock: Clock
  readonly uptimeMs: () => number
  readonly random: () => number
  readonly log: Logger
  /** Whether this is the one process that writes the file. */
  readonly isLead: () => boolean
}

type Listing = Map<string, Sequence>

const NOTHING: KeptEntries = { domains: [], links: [] }

/**
 * Keeps what is asked for most in a file, so that an edge that restarts while
 * nobody can be asked still redirects. What a change takes away is noted in the
 * file at once, so that a crash does not bring it back.
 */
export class SnapshotKeeper {
  readonly #path: string
  readonly #limits: SnapshotLimits
  readonly #deps: SnapshotDeps
  /** What the file holds, by key, with the last change that was seen. */
  #listed: Listing = new Map()
  /** What is being written to become the next file. */
  #writing: Listing | undefined
  /** Taken away from the file, and not noted there yet. */
  #dropped: DroppedEntry[] = []
  #lineage: Lineage | undefined
  /** The last change that was noted. */
  #sequence: Sequence = 0
  #entries = NOTHING
  #wanted: PromiseWithResolvers<void> | undefined
  #wasLead = false
  #attemptedAtMs: number
  #currentAt: EpochMs
  #linkCount = 0

  constructor(path: string, limits: SnapshotLimits, deps: SnapshotDeps) {
    this.#path = path
    this.#limits = limits
    this.#deps = deps
    this.#attemptedAtMs = deps.uptimeMs()
    this.#currentAt = deps.clock.now()
  }

  /** How old the snapshot is; without one, how long this process has been without it. */
  get ageMs(): DurationMs {
    return Math.max(0, this.#deps.clock.now() - this.#currentAt)
  }

  /** The history that the file's sequences belong to. */
  get lineage(): Lineage | undefined {
    return this.#lineage
  }

  get linkCount(): number {
    return this.#linkCount
  }

  /**
   * Takes in what the file holds; never fails.
   *
   * @param staleMsMax what was last confirmed longer ago is left out
   */
  async load(staleMsMax: DurationMs): Promise<void> {
    const { lookup, clock, uptimeMs, log } = this.#deps
    const read = await readSnapshot(this.#path, 2 * this.#limits.octetsMax)
    const { damagedCount, problem, lineage } = read
    const facts = { path: this.#path, damaged: damagedCount, problem }
    if (problem !== undefined || damagedCount > 0) log.warn(facts, 'snapshot is damaged')
    const found = [...read.domains, ...read.links]
    if (found.length === 0) return

    this.#listed = new Map(found.map((entry) => [keyOfEntry(entry), entry.sequence]))
    this.#lineage = lineage
    this.#linkCount = read.links.length
    this.#currentAt = Math.min(read.writtenAt || this.#currentAt, this.#currentAt)
    const time = { now: clock.now(), uptimeMs: uptimeMs(), staleMsMax }
    const kept = keptEntriesOf(read, this.#limits.entriesMax, time)
    lookup.restore(kept, lineage)
    const counts = { links: kept.links.length, domains: kept.domains.length }
    log.info({ ...counts, written_at: new Date(this.#currentAt) }, 'snapshot loaded')
  }

  /** Takes note of a change that has been applied. */
  note(change: Change): void {
    // Why: what the file says was then seen in another order of changes.
    const isBack = change.sequence < this.#sequence
    this.#sequence = change.sequence
    const isOther = change.kind === 'reset' && change.lineage !== this.#lineage
    if (isBack || isOther) this.#lineage = undefined
    if (change.kind !== 'hostname_changed' && change.kind !== 'link_changed') return
    const { hostname, sequence } = change
    const slug = change.kind === 'link_changed' ? change.slug : undefined
    const key = snapshotKeyOf(hostname, slug)
    const isInFile = takeOlder(this.#listed, key, this.#comparable(sequence))
    const isToBe = this.#writing !== undefined && takeOlder(this.#writing, key, sequence)
    if (isInFile || isToBe) this.#dropped.push({ kind: 'dropped', hostname, slug })
  }

  /** Writes the file whenever that is due, until `signal` aborts, and once more then. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#deps
    let isFailing = false
    const onError = (error: unknown): void => {
      if (!isFailing) log.error({ error, path: this.#path }, 'snapshot could not be written')
      isFailing = true
    }
    const keepOnce = async (): Promise<void> => {
      await this.#keepOnce()
      isFailing = false
    }
    const { noteMs } = this.#limits
    const backoff = { firstMs: noteMs, factor: 2, maxMs: 4 * noteMs }
    await repeat(keepOnce, { pauseMs: noteMs, backoff, signal }, { clock, random, onError })
    if (this.#deps.isLead()) await this.#write().catch(onError)
  }

  /** Has the file written with the next turn, whatever is due; resolves when it is. */
  async save(): Promise<void> {
    this.#wanted ??= Promise.withResolvers()
    await this.#wanted.promise
  }

  async #keepOnce(): Promise<void> {
    const isLead = this.#deps.isLead()
    // Why: what the process that led before has written since is not known here.
    const isNew = isLead && !this.#wasLead
    this.#wasLead = isLead
    if (!isLead) {
      this.#dropped = []
      this.#wanted?.resolve()
      this.#wanted = undefined
      return
    }
    await this.#noteDropped()
    const isDue = this.#deps.uptimeMs() - this.#attemptedAtMs >= this.#limits.intervalMs
    const wanted = this.#wanted
    this.#wanted = undefined
    try {
      if (isNew || isDue || wanted !== undefined) await this.#write()
    } finally {
      wanted?.resolve()
    }
  }

  async #noteDropped(): Promise<void> {
    const dropped = this.#dropped
    if (dropped.length === 0) return
    this.#dropped = []
    let gone: Awaited<ReturnType<typeof appendDropped>>
    try {
      gone = await appendDropped(this.#path, dropped)
    } catch (error) {
      // Why kept: the file is still there, and still says so.
      this.#dropped = [...dropped, ...this.#dropped]
      throw error
    }
    if (gone === undefined) return
    this.#listed = new Map()
    this.#entries = NOTHING
    this.#linkCount = 0
    const facts = { error: gone.cause, path: this.#path }
    this.#deps.log.warn(facts, 'snapshot removed, since a change could not be noted in it')
  }

  async #write(): Promise<void> {
    const { lookup, clock, uptimeMs } = this.#deps
    this.#attemptedAtMs = uptimeMs()
    const kept = lookup.hottest(this.#limits.entriesMax)
    const writtenAt = clock.now()
    if (isSame(kept, this.#entries)) {
      this.#currentAt = writtenAt
      await this.#noteDropped()
      return
    }
    // Why the file's: without core nobody has said that the history is another one.
    const { lineage = this.#lineage } = lookup
    const entries = entriesOf(kept, { now: writtenAt, uptimeMs: uptimeMs() })
    const writing: Listing = new Map(entries.map((entry) => [keyOfEntry(entry), entry.sequence]))
    // Why set aside: they are about the present file, and would take away from the next one
    // what has been learned again since.
    const dropped = this.#dropped
    this.#dropped = []
    this.#writing = writing
    const isKept = (entry: (typeof entries)[number]): boolean => writing.has(keyOfEntry(entry))
    const { octetsMax } = this.#limits
    try {
      await writeSnapshot(this.#path, entries, { lineage, writtenAt, octetsMax, isKept })
    } catch (error) {
      this.#dropped = [...dropped, ...this.#dropped]
      throw error
    } finally {
      this.#writing = undefined
    }
    this.#listed = writing
    this.#lineage = lineage
    this.#entries = kept
    this.#currentAt = writtenAt
    this.#linkCount = kept.links.length
    await this.#noteDropped()
  }

  /** Gives the place of a change as it compares with the file's; of another history: after all. */
  #comparable(sequence: Sequence): Sequence {
    const { lineage = this.#lineage } = this.#deps.lookup
    return lineage !== undefined && lineage === this.#lineage ? sequence : Infinity
  }
}

/** Takes an entry off the listing unless it had seen the change. */
function takeOlder(listing: Listing, key: string, sequence: Sequence): boolean {
  const seen = listing.get(key)
  return seen !== undefined && seen < sequence && listing.delete(key)
}
