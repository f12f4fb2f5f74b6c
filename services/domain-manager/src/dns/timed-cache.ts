import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** Keeps values for a time, and no more than so many: the oldest goes first. */
export class TimedCache<Value> {
  readonly #entriesMax: number
  readonly #now: () => EpochMs
  readonly #entries = new Map<string, { readonly value: Value; readonly until: EpochMs }>()

  constructor(entriesMax: number, now: () => EpochMs) {
    this.#entriesMax = entriesMax
    this.#now = now
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.until > this.#now()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, value: Value, forMs: DurationMs): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, until: this.#now() + forMs })
    if (this.#entries.size <= this.#entriesMax) return
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
