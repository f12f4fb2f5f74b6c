import type { Sequence } from '@fingerpost/contract/core-api'

/**
 * Tells who waits in this process that a change was committed. It carries no
 * changes: who is woken reads them from the table, in order. Being woken once
 * too often does no harm.
 */
export class ChangeFeed {
  #latest: Sequence = 0
  #news = 0
  readonly #waiters = new Set<() => void>()

  /** The sequence of the last commit that is known here. */
  get latest(): Sequence {
    return this.#latest
  }

  /** How often there was news; to be read before the table is, and given to `waitForNews`. */
  get news(): number {
    return this.#news
  }

  /** How many wait at the moment. */
  get waiters(): number {
    return this.#waiters.size
  }

  /** Notes a commit of this process; they may end in another order than they were made. */
  announce(sequence: Sequence): void {
    if (sequence > this.#latest) this.#tell(sequence)
  }

  /**
   * Notes the head that the database has. It can be a lower one than before:
   * after a fail-over to a standby that had not seen everything.
   */
  follow(head: Sequence): void {
    if (head !== this.#latest) this.#tell(head)
  }

  /** Resolves when there is news after `news`, or when `signal` aborts. */
  async waitForNews(news: number, signal: AbortSignal): Promise<void> {
    if (this.#news !== news || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.add(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    try {
      await promise
    } finally {
      this.#waiters.delete(resolve)
    }
  }

  #tell(sequence: Sequence): void {
    this.#latest = sequence
    this.#news += 1
    for (const wake of this.#waiters) wake()
  }
}
