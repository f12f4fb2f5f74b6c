import { setImmediate } from 'node:timers/promises'
import type { ClickBatch } from '@fingerpost/contract/core-api'
import type { Engine } from '../database/storage.ts'
import { inTransaction, type WriteDeps } from '../database/transaction.ts'
import { recordClicks } from './click-store.ts'

/** Most batches that are applied at once, so that lookups always find the database free. */
const BATCHES_MAX: Readonly<Record<Engine, number>> = { sqlite: 1, postgres: 3 }

type Running = { readonly number: number; readonly applied: Promise<void> }

/**
 * Applies batches of clicks a few at a time, in the order in which they come.
 *
 * Who got no answer in time sends the same batch again: that only waits for the
 * first, and takes no connection to the database to do so.
 */
export class ClickIntake {
  readonly #deps: WriteDeps
  readonly #bySource = new Map<string, Running>()
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(deps: WriteDeps) {
    this.#deps = deps
    this.#free = BATCHES_MAX[deps.storage.engine]
  }

  /** Adds a batch of counted clicks, unless it was added before. */
  record(batch: ClickBatch): Promise<void> {
    const before = this.#bySource.get(batch.source)
    if (before?.number === batch.number) return before.applied
    const applied = this.#apply(batch).finally(() => {
      if (this.#bySource.get(batch.source) === running) this.#bySource.delete(batch.source)
    })
    const running: Running = { number: batch.number, applied }
    this.#bySource.set(batch.source, running)
    return applied
  }

  async #apply(batch: ClickBatch): Promise<void> {
    await this.#turn()
    try {
      await inTransaction((writing) => recordClicks(batch, writing), this.#deps)
    } finally {
      // Why not at once: SQLite works without a break, so what came meanwhile has to be let in.
      await setImmediate()
      this.#end()
    }
  }

  async #turn(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    await promise
  }

  #end(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }
}
