import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { Clock } from './clock.ts'

type Sleeper = { readonly wakeAt: EpochMs; readonly wake: () => void }

/** A clock for tests: it stands still until it is told to go on. */
export class FakeClock implements Clock {
  #now: EpochMs
  #sleepers: Sleeper[] = []

  constructor(now: EpochMs = 0) {
    this.#now = now
  }

  now(): EpochMs {
    return this.#now
  }

  sleep(durationMs: DurationMs, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const onAbort = (): void => this.#wake(sleeper)
      const wake = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const sleeper: Sleeper = { wakeAt: this.#now + durationMs, wake }
      this.#sleepers.push(sleeper)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** How many sleeps have not ended. */
  get sleepers(): number {
    return this.#sleepers.length
  }

  /** Goes on by `durationMs`, ending each sleep at its instant, in order, and lets its code run. */
  async advance(durationMs: DurationMs): Promise<void> {
    const end = this.#now + durationMs
    await settle()
    for (;;) {
      const next = this.#sleepers
        .filter((sleeper) => sleeper.wakeAt <= end)
        .reduce<Sleeper | undefined>(earlier, undefined)
      if (next === undefined) break
      this.#now = next.wakeAt
      this.#wake(next)
      await settle()
    }
    this.#now = end
  }

  #wake(sleeper: Sleeper): void {
    this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
    sleeper.wake()
  }
}

function earlier(first: Sleeper | undefined, second: Sleeper): Sleeper {
  return first !== undefined && first.wakeAt <= second.wakeAt ? first : second
}

// Why setImmediate: it runs after every promise reaction that is due, however long the chain.
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
