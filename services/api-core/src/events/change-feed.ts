import type { Sequence } from '@fingerpost/contract/core-api'

/**
 * Tells who waits in this process that a change was committed. It carries no
 * changes: who is woken reads them from the table, in order.
 */
export class ChangeFeed {
  #latest: Sequence = 0
  readonly #waiters = new Set<() => void>()

  /** The highest sequence that is known here to be committed. */
  get latest(): Sequence {
    return this.#latest
  }

  /** How many wait at the moment. */
  get waiters(): number {
    return this.#waiters.size
  }

  /** Notes a committed sequence; a lower one than known is no news. */
  announce(sequence: Sequence): void {
    if (sequence <= this.#latest) return
    this.#latest = sequence
    for (const wake of this.#waiters) wake()
  }

  /** Resolves when something after `sequence` is committed, or when `signal` aborts. */
  async waitAfter(sequence: Sequence, signal: AbortSignal): Promise<void> {
    if (this.#latest > sequence || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiters.add(resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    try {
      await promise
    } finally {
      this.#waiters.delete(resolve)
    }
  }
}
