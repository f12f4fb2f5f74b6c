import type { Change, Sequence } from './core-api.ts'

/** A change before it has its place in the order. */
export type Announcement = Change extends infer One
  ? One extends Change
    ? Omit<One, 'sequence'>
    : never
  : never

/** The change stream of `FakeCore`, in memory. */
export class FakeChanges {
  #head: Sequence = 0
  #kept: readonly Change[] = []
  readonly #watchers = new Set<Watcher>()

  /** The sequence of the last change. */
  get head(): Sequence {
    return this.#head
  }

  /** How many streams are being read. */
  get watchers(): number {
    return this.#watchers.size
  }

  /** Gives a change its place and tells every watcher. */
  commit(announcement: Announcement): void {
    this.#head += 1
    const change: Change = { ...announcement, sequence: this.#head }
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

  /** Drops what is kept, as core does with old changes. */
  forget(): void {
    this.#kept = []
  }

  /** Gives the messages after a sequence, then new ones, until `signal` aborts. */
  async *watch(afterSequence: Sequence, signal: AbortSignal): AsyncGenerator<Change> {
    const watcher = new Watcher(this.#missed(afterSequence))
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

  #missed(afterSequence: Sequence): Change[] {
    const heartbeat: Change = { kind: 'heartbeat', sequence: this.#head }
    const later = this.#kept.filter((change) => change.sequence > afterSequence)
    if (later.length === this.#head - afterSequence) return [...later, heartbeat]
    return [{ kind: 'reset', sequence: this.#head }, heartbeat]
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
