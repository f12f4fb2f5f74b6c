import { LRUCache } from 'lru-cache'
import type { Sequence } from '@fingerpost/contract/core-api'

/** Something that core said, and when. */
export type Entry<Value> = {
  /** Undefined: core said that there is none. */
  readonly value: Value | undefined
  /** The last change that core had seen. */
  readonly sequence: Sequence
  /** Which life of the change stream this was: a reset begins a new one. */
  readonly generation: number
  readonly confirmedAtMs: number
  /** True from the moment that it is dropped, evicted or replaced. */
  isGone?: true | undefined
}

/** How much is kept at most. */
export type EntryLimits<Stored> = {
  readonly presentMax: number
  /** Most octets of what exists; what does not is small enough to be counted only. */
  readonly octetsMax: number
  readonly absentMax: number
  /** Gives about how much memory an entry takes; above 0. */
  readonly octetsOf: (entry: Stored, key: string) => number
}

/**
 * Entries by key, the least recently used evicted first. What does not exist is
 * kept apart and cannot push out what does, however many random names are asked for.
 */
export class BoundedEntries<Stored extends Entry<unknown>> {
  readonly #present: LRUCache<string, Stored>
  readonly #absent: LRUCache<string, Stored>

  constructor(limits: EntryLimits<Stored>) {
    this.#present = new LRUCache<string, Stored>({
      max: limits.presentMax,
      maxSize: limits.octetsMax,
      sizeCalculation: limits.octetsOf,
      dispose: noteGone,
    })
    this.#absent = new LRUCache<string, Stored>({ max: limits.absentMax, dispose: noteGone })
  }

  get(key: string): Stored | undefined {
    return this.#present.get(key) ?? this.#absent.get(key)
  }

  /** Keeps an entry, unless a newer one of the same generation is there. */
  put(key: string, entry: Stored): void {
    const kept = this.#present.peek(key) ?? this.#absent.peek(key)
    if (kept?.generation === entry.generation && kept.sequence > entry.sequence) return
    const isAbsent = entry.value === undefined
    const [into, outOf] = isAbsent ? [this.#absent, this.#present] : [this.#present, this.#absent]
    outOf.delete(key)
    into.set(key, entry)
  }

  delete(key: string): void {
    this.#present.delete(key)
    this.#absent.delete(key)
  }

  /** Gives what exists, the most recently used first. */
  present(): Generator<[key: string, entry: Stored]> {
    return this.#present.entries()
  }

  /** Gives an entry without counting that as a use. */
  peek(key: string): Stored | undefined {
    return this.#present.peek(key) ?? this.#absent.peek(key)
  }

  /** Drops the least recently used part of each kind. @param part above 0, up to 1 */
  shrink(part: number): void {
    for (const entries of [this.#present, this.#absent]) {
      for (let left = Math.floor(entries.size * part); left > 0; left -= 1) entries.pop()
    }
  }

  /** About how much memory what exists takes. */
  get octets(): number {
    return this.#present.calculatedSize
  }

  get presentCount(): number {
    return this.#present.size
  }

  get absentCount(): number {
    return this.#absent.size
  }
}

function noteGone(entry: Entry<unknown>): void {
  entry.isGone = true
}
