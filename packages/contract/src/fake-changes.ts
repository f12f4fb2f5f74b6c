import type { EpochMs } from '@fingerpost/model/time'
import type { Change, Lineage, Sequence, WatchFrom } from './core-api.ts'

/** A change before it has its place in the order. */
export type Announcement = Change extends infer One
  ? One extends Extract<Change, { readonly committedAt: EpochMs }>
    ? Omit<One, 'sequence' | 'committedAt' | 'lineage'>
    : never
  : never

/** The change stream of `FakeCore`, in memory. */
export class FakeChanges {
  #head: Sequence = 0
  #lineage: Lineage = 'lineage-1'
  #kept: readonly Change[] = []
  readonly #watchers = new Set<Watcher>()

  /** The sequence of the last change. */
  get head(): Sequence {
    return this.#head
  }

  /** The history that the sequences belong to. */
  get lineage(): Lineage {
    return this.#lineage
  }

  /** How many streams are being read. */
  get watchers(): number {
    return this.#watchers.size
  }

  /** Gives a change its place and tells every watcher. */
  commit(announcement: Announcement, committedAt: EpochMs): void {
    this.#head += 1
    const change: Change = { ...announcement, sequence: this.#head, committedAt }
    this.#kept = [...this.#kept, change]
    this.tell(change)
  }

  /** Sends a message to every watcher without keeping it. */
  tell(change: Change): void {
    for (const watcher of this.#watchers) watcher.put(change)
  }

  /** Breaks every stream. */
  breakWith(error: Error): void {
    for (const watcher of this.#watchers) watcher.fail(error)
  }

  /** Goes back in the order, as restoring an older database does. */
  restore(sequence: Sequence): void {
    this.#head = sequence
    this.#kept = this.#kept.filter((change) => change.sequence <= sequence)
  }

  /** Drops what is kept, as core does with old changes. */
  forget(): void {
    this.#kept = []
  }

  /** Gives the messages that were missed, then new ones, until `signal` aborts. */
  async *watch(from: WatchFrom, signal: AbortSignal): AsyncGenerator<Change> {
    const watcher = new Watcher(this.#missed(from))
    const wake = (): void => watcher.wake()
    signal.addEventListener('abort', wake)
    this.#watchers.add(watcher)
    try {
      while (!signal.aborted) {
        const change = watcher.take()
        if (change === undefined) await watcher.news()
        else yield change
      }
    } finally {
      this.#watchers.delete(watcher)
      signal.removeEventListener('abort', wake)
    }
  }

  #missed({ afterSequence, lineage, fromOldest = false }: WatchFrom): Change[] {
    const isAhead = afterSequence > this.#head
    const isNamed = lineage === undefined || lineage === this.#lineage
    // Why a new one: whoever has seen more of this history than there is has seen another.
    if (isNamed && isAhead) {
      this.#lineage = `${this.#lineage}+`
      this.tell({ kind: 'reset', sequence: this.#head, lineage: this.#lineage })
    }
    const isSame = isNamed && !isAhead
    const heartbeat: Change = { kind: 'heartbeat', sequence: this.#head, lineage: this.#lineage }
    const later = this.#kept.filter((change) => change.sequence > afterSequence)
    if (isSame && later.length === this.#head - afterSequence) return [...later, heartbeat]
    const kept = fromOldest ? this.#kept : []
    const sequence = this.#head - kept.length
    return [{ kind: 'reset', sequence, lineage: this.#lineage }, ...kept, heartbeat]
  }
}

class Watcher {
  readonly #queue: Change[]
  #error: Error | undefined
  #wake: (() => void) | undefined

  constructor(queue: Change[]) {
    this.#queue = queue
  }

  put(change: Change): void {
    this.#queue.push(change)
    this.wake()
  }

  fail(error: Error): void {
    this.#error = error
    this.wake()
  }

  take(): Change | undefined {
    if (this.#error !== undefined) throw this.#error
    return this.#queue.shift()
  }

  async news(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    await promise
  }

  wake(): void {
    this.#wake?.()
  }
}
