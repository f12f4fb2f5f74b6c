/**
 * Remembers what was made of texts that anybody can send.
 *
 * Holds two generations: once the younger one is full it becomes the older one,
 * which is forgotten. What is used stays, and nothing is ordered on a hit. A
 * text that is too long is never kept.
 */
export class BoundedMemo<Value extends object | string> {
  readonly #entriesMax: number
  readonly #lengthMax: number
  readonly #make: (text: string) => Value
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  constructor(
    limits: { readonly entriesMax: number; readonly lengthMax: number },
    make: (text: string) => Value,
  ) {
    this.#entriesMax = limits.entriesMax
    this.#lengthMax = limits.lengthMax
    this.#make = make
  }

  /** How many texts are remembered: at most `entriesMax`. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(text: string): Value {
    return this.#young.get(text) ?? this.#getSlowly(text)
  }

  #getSlowly(text: string): Value {
    if (text.length > this.#lengthMax) return this.#make(text)
    const value = this.#old.get(text) ?? this.#make(text)
    if (this.#young.size >= this.#entriesMax / 2) {
      this.#old = this.#young
      this.#young = new Map()
    } else {
      this.#old.delete(text)
    }
    this.#young.set(text, value)
    return value
  }
}
