import type { DurationMs } from '@fingerpost/model/time'

/** How many questions one server gets at a time. */
export type GateLimits = {
  readonly inFlightMax: number
  /** Questions that wait for their turn; what comes then is not asked at all. */
  readonly waitingMax: number
  readonly waitMsMax: DurationMs
}

/** Lets so many questions go to one server at once; the others wait, first come first served. */
export class ServerGate {
  readonly #limits: GateLimits
  readonly #waiting = new Set<(mayPass: boolean) => void>()
  #inFlight = 0

  constructor(limits: GateLimits) {
    this.#limits = limits
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#waiting.size === 0
  }

  /** Does the work when it is its turn; gives undefined when that does not come in time. */
  async pass<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    if (!(await this.#turn(signal))) return undefined
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  async #turn(signal: AbortSignal): Promise<boolean> {
    const { inFlightMax, waitingMax, waitMsMax } = this.#limits
    if (signal.aborted) return false
    if (this.#inFlight < inFlightMax) {
      this.#inFlight += 1
      return true
    }
    if (this.#waiting.size >= waitingMax) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const giveUp = (): void => {
      this.#waiting.delete(resolve)
      resolve(false)
    }
    this.#waiting.add(resolve)
    const timer = setTimeout(giveUp, waitMsMax)
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
  }

  // Why the count stays when somebody waits: the place is handed on, so that nobody overtakes.
  #leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#inFlight -= 1
      return
    }
    this.#waiting.delete(next)
    next(true)
  }
}
