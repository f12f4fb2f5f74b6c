import type { Clock } from '@fingerpost/chassis/clock'
import type { ClickCount } from '@fingerpost/model/click'
import type { DurationMs } from '@fingerpost/model/time'
import type { ClickSender } from './click-sender.ts'
import type { ClickSpool } from './click-spool.ts'

/** What the recorder moves clicks between. */
export type RecorderDeps = {
  readonly counter: { take(): Iterable<ClickCount> }
  readonly spool: Pick<ClickSpool, 'add' | 'close'>
  readonly sender: Pick<ClickSender, 'poke' | 'stop'>
  readonly clock: Clock
  /** Told of a mistake of ours; counting goes on. */
  readonly onError: (error: unknown) => void
}

/** Moves what was counted into the spool each second, and has it sent. */
export class ClickRecorder {
  readonly #deps: RecorderDeps
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #sealing: Promise<void> | undefined

  /** Begins at once. */
  constructor(pauseMs: DurationMs, deps: RecorderDeps) {
    this.#deps = deps
    this.#running = this.#run(pauseMs)
  }

  /** Seals what was counted; does nothing while an earlier seal is being written. */
  seal(): Promise<void> {
    this.#sealing ??= this.#sealOnce().finally(() => {
      this.#sealing = undefined
    })
    return this.#sealing
  }

  /** Seals the rest, tries to send for at most so long, and leaves what is left on the disk. */
  async stop(sendMsMax: DurationMs): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#sealing
    await this.seal()
    await this.#deps.sender.stop(sendMsMax)
    await this.#deps.spool.close()
  }

  async #run(pauseMs: DurationMs): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#deps.clock.sleep(pauseMs, this.#stop.signal)
      await this.seal()
    }
  }

  async #sealOnce(): Promise<void> {
    try {
      await this.#deps.spool.add(this.#deps.counter.take())
      this.#deps.sender.poke()
    } catch (error) {
      this.#deps.onError(error)
    }
  }
}
