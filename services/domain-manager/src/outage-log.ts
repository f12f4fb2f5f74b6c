import type { Logger } from '@fingerpost/chassis/logger'
import { AppError } from '@fingerpost/model/errors'

/** So many failures in a row are no outage yet: services that start together miss each other. */
export const QUIET_FAILURES = 3

/**
 * Writes that something cannot be reached, and that it can be again: one line
 * each, however often it is tried in between.
 */
export class OutageLog {
  readonly #log: Logger
  readonly #what: string
  #failures = 0

  /** @param what names what is tried, for example `claiming due domains` */
  constructor(log: Logger, what: string) {
    this.#log = log
    this.#what = what
  }

  failed(error: unknown): void {
    this.#failures += 1
    const facts = { what: this.#what, failures: this.#failures }
    if (!(error instanceof AppError)) {
      this.#log.error({ ...facts, error }, 'failed unexpectedly; trying again')
      return
    }
    const why = { ...facts, error_code: error.code, explanation: error.message }
    if (this.#failures === QUIET_FAILURES + 1)
      this.#log.warn(why, 'failed; trying again until it works')
    else this.#log.debug(why, 'failed')
  }

  succeeded(): void {
    if (this.#failures > QUIET_FAILURES) {
      this.#log.info({ what: this.#what, failures: this.#failures }, 'works again')
    }
    this.#failures = 0
  }
}
