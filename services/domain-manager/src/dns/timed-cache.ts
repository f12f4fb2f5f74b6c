import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** Keeps values for a time, and no more than so many: the oldest goes first. */
export class TimedCache<Value> {
  readonly #entriesMax: number
  readonly #now: () => EpochMs
  readonly #entries = new Map<string, Entry<Value>>()

  constructor(entriesMax: number, now: () => EpochMs) {
    this.#entriesMax = entriesMax
    this.#now = now
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const now = this.#now()
    // Why from as well: what a clock that was ahead kept would be kept for that much longer.
    if (entry.from <= now && now < entry.until) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, value: Value, forMs: DurationMs): void {
    this.#entries.delete(key)
    const from = this.#now()
    this.#entries.set(key, { value, from, until: from + forMs })
    if (this.#entries.size <= this.#entriesMax) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}

type Entry<Value> = {
  readonly value: Value
  readonly from: EpochMs
  readonly until: EpochMs
}
