import { setImmediate } from 'node:timers/promises'
import type {
  Change,
  CoreApi,
  LinkLookup,
  LinkTarget,
  WatchFrom,
} from '@fingerpost/contract/core-api'
import type { FakeCore } from '@fingerpost/contract/core-fake'
import { AppError } from '@fingerpost/model/errors'

/** Gives numbers from 0 up to 1, the same ones for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Waits for a random time: none, some turns of the microtask queue, or of the event loop. */
export async function dawdle(random: () => number): Promise<void> {
  const kind = random()
  const turns = Math.floor(random() * 6)
  if (kind < 0.3) return
  for (let turn = 0; turn < turns; turn += 1) {
    await (kind < 0.7 ? Promise.resolve() : setImmediate())
  }
}

/**
 * Core behind a line on which everything takes a random time: a question on its way
 * there, its answer on its way back, each change on its way here. Lookups fail and
 * streams break now and then.
 */
export class DelayedCore implements Pick<CoreApi, 'lookupLink' | 'watchChanges'> {
  readonly #core: FakeCore
  readonly #random: () => number
  readonly #chances: { readonly failure: number; readonly breakage: number }
  /** Set at the end, so that everything can come to rest. */
  isCalm = false

  constructor(
    core: FakeCore,
    random: () => number,
    chances: { readonly failure: number; readonly breakage: number },
  ) {
    this.#core = core
    this.#random = random
    this.#chances = chances
  }

  async lookupLink(target: LinkTarget): Promise<LinkLookup> {
    await dawdle(this.#random)
    const fails = !this.isCalm && this.#random() < this.#chances.failure
    const lookup = await this.#core.lookupLink(target)
    await dawdle(this.#random)
    if (fails) throw new AppError('core_overdue', 'Core did not answer.')
    return lookup
  }

  async *watchChanges(from: WatchFrom, signal: AbortSignal): AsyncGenerator<Change> {
    await dawdle(this.#random)
    for await (const change of this.#core.watchChanges(from, signal)) {
      if (!this.isCalm && this.#random() < this.#chances.breakage) {
        throw new AppError('core_unavailable', 'The line broke.')
      }
      await dawdle(this.#random)
      yield change
    }
  }
}
