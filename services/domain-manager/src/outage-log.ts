import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** What has failed for less long is no outage yet: services that start together miss each other. */
export const QUIET_MS: DurationMs = 5_000

/**
 * Writes that something cannot be reached, and that it can be again: one line
 * each, however often it is tried in between.
 */
export class OutageLog {
  readonly #log: Logger
  readonly #what: string
  readonly #clock: Pick<Clock, 'now'>
  #since: EpochMs | undefined
  #failures = 0
  #isTold = false

  /** @param what names what is tried, for example `claiming due domains` */
  constructor(log: Logger, what: string, clock: Pick<Clock, 'now'>) {
    this.#log = log
    this.#what = what
    this.#clock = clock
  }

  failed(error: unknown): void {
    this.#failures += 1
    this.#since ??= this.#clock.now()
    const facts = { what: this.#what, failures: this.#failures }
    if (!(error instanceof AppError)) {
      this.#log.error({ ...facts, error }, 'failed unexpectedly; trying again')
      return
    }
    const why = { ...facts, error_code: error.code, explanation: error.message }
    if (this.#isTold || this.#clock.now() - this.#since < QUIET_MS) this.#log.debug(why, 'failed')
    else {
      this.#isTold = true
      this.#log.warn(why, 'failed; trying again until it works')
    }
  }

  succeeded(): void {
    if (this.#isTold) {
      this.#log.info({ what: this.#what, failures: this.#failures }, 'works again')
    }
    this.#since = undefined
    this.#failures = 0
    this.#isTold = false
  }
}
