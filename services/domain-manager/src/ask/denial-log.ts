import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { EpochMs } from '@fingerpost/model/time'

/** Most denials that are logged one by one in a second; the others are counted. */
export const DENIALS_PER_SECOND_MAX = 20

/**
 * Writes a line for each denied ask, but not for each of a flood: a scanner
 * that asks for random names must not fill the disk.
 */
export class DenialLog {
  readonly #log: Logger
  readonly #clock: Pick<Clock, 'now'>
  #secondStartedAt: EpochMs = 0
  #written = 0
  #left = 0

  constructor(log: Logger, clock: Pick<Clock, 'now'>) {
    this.#log = log
    this.#clock = clock
  }

  /** @param hostname as asked; shortened and escaped by the logger */
  note(hostname: string, facts: { readonly decision: string; readonly reason: string }): void {
    const now = this.#clock.now()
    if (Math.abs(now - this.#secondStartedAt) >= 1_000) {
      this.#secondStartedAt = now
      this.#written = 0
    }
    if (this.#written >= DENIALS_PER_SECOND_MAX) {
      this.#left += 1
      return
    }
    const notLogged = this.#left === 0 ? {} : { not_logged_before: this.#left }
    this.#written += 1
    this.#left = 0
    this.#log.info({ hostname, ...facts, ...notLogged }, 'ask denied')
  }
}
