import { backoffMs, type Backoff } from '@fingerpost/chassis/backoff'
import type { Clock } from '@fingerpost/chassis/clock'
import type { ClickBatch, CoreApi } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs } from '@fingerpost/model/time'
import type { ClickSpool } from './click-spool.ts'

/** What sending uses and tells. */
export type SenderDeps = {
  readonly core: Pick<CoreApi, 'recordClicks'>
  readonly spool: Pick<ClickSpool, 'next' | 'settle'>
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
  /** Called with the first failure in a row, and with undefined when core takes batches again. */
  readonly onCore: (failure: unknown) => void
  /** Called with the first failure in a row to read a batch, and with undefined after it. */
  readonly onRead: (failure: unknown) => void
  readonly onRefused: (batch: ClickBatch, cause: AppError) => void
  /** Told of a mistake of ours; the next `poke` begins again. */
  readonly onError: (error: unknown) => void
}

/** Sends the spool's batches one at a time, oldest first, each until it is answered. */
export class ClickSender {
  readonly #backoff: Backoff
  readonly #deps: SenderDeps
  readonly #hurry = new AbortController()
  readonly #stop = new AbortController()
  #sending: Promise<void> | undefined
  #failures = 0
  #readFailures = 0

  constructor(backoff: Backoff, deps: SenderDeps) {
    this.#backoff = backoff
    this.#deps = deps
  }

  /** Begins to send what waits, if that is not under way. */
  poke(): void {
    if (this.#stop.signal.aborted || this.#sending !== undefined) return
    this.#sending = this.#send()
      .catch(this.#deps.onError)
      .finally(() => {
        this.#sending = undefined
      })
  }

  /** Sends what waits for at most so long, trying once more at once; then ends. */
  async stop(msMax: DurationMs): Promise<void> {
    this.#hurry.abort()
    this.poke()
    await Promise.race([this.#sending, this.#deps.clock.sleep(msMax, this.#stop.signal)])
    this.#stop.abort()
  }

  async #send(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const batch = await this.#next()
      if (batch === undefined || !(await this.#sendOne(batch))) return
    }
  }

  /** Gives the batch to be sent, once it can be read; undefined: none, or no time is left. */
  async #next(): Promise<ClickBatch | undefined> {
    while (!this.#stop.signal.aborted) {
      const isLastTry = this.#hurry.signal.aborted
      try {
        const batch = await this.#deps.spool.next()
        if (this.#readFailures > 0) this.#deps.onRead(undefined)
        this.#readFailures = 0
        return batch
      } catch (error) {
        this.#readFailures += 1
        if (this.#readFailures === 1) this.#deps.onRead(error)
      }
      if (isLastTry) return undefined
      await this.#pause(this.#readFailures)
    }
    return undefined
  }

  async #pause(failures: number): Promise<void> {
    const pauseMs = backoffMs(failures, this.#backoff, this.#deps.random())
    await this.#deps.clock.sleep(pauseMs, this.#hurry.signal)
  }

  /** Gives whether the next batch may be sent. */
  async #sendOne(batch: ClickBatch): Promise<boolean> {
    while (!this.#stop.signal.aborted) {
      const isLastTry = this.#hurry.signal.aborted
      try {
        await this.#deps.core.recordClicks(batch)
        await this.#deps.spool.settle(batch)
        if (this.#failures > 0) this.#deps.onCore(undefined)
        this.#failures = 0
        return true
      } catch (error) {
        if (error instanceof AppError && error.code === 'body_invalid') {
          this.#deps.onRefused(batch, error)
          await this.#deps.spool.settle(batch, 'refused')
          return true
        }
        this.#failures += 1
        if (this.#failures === 1) this.#deps.onCore(error)
      }
      if (isLastTry) return false
      await this.#pause(this.#failures)
    }
    return false
  }
}
