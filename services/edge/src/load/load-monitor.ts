import type { DurationMs } from '@fingerpost/model/time'
import {
  nextLoad,
  NO_LOAD,
  type LoadLimits,
  type LoadState,
  type ShedReason,
} from '../rules/load.ts'

/** How a process is watched for overload. */
export type LoadMonitorLimits = LoadLimits & {
  readonly sampleMs: DurationMs
  /** While memory stays short, a part of it is given back each time after so many samples. */
  readonly samplesPerRelief: number
}

/** What watching uses. */
export type LoadMonitorDeps = {
  /** A clock that never jumps, in milliseconds. */
  readonly uptimeMs: () => number
  /** How full the fullest memory is; 1: full. */
  readonly memoryShare: () => number
  /** Called when memory is short, and now and then while it stays so. */
  readonly onMemoryShort: () => void
  /** Called when an overload begins, and with undefined when it is over. */
  readonly onChange: (reason: ShedReason | undefined) => void
}

/** Watches whether this process has more to do than it can. */
export class LoadMonitor {
  readonly #limits: LoadMonitorLimits
  readonly #deps: LoadMonitorDeps
  #state: LoadState = NO_LOAD
  #dueAtMs: number
  #samplesUntilRelief = 0
  #timer: NodeJS.Timeout | undefined

  constructor(limits: LoadMonitorLimits, deps: LoadMonitorDeps) {
    this.#limits = limits
    this.#deps = deps
    this.#dueAtMs = deps.uptimeMs() + limits.sampleMs
  }

  /** Why what needs more than memory is refused; undefined: it is not. */
  get reason(): ShedReason | undefined {
    return this.#state.reason
  }

  /** Takes a sample each `sampleMs`, until disposed. */
  start(): Disposable {
    const { sampleMs } = this.#limits
    this.#dueAtMs = this.#deps.uptimeMs() + sampleMs
    this.#timer = setInterval(() => this.sample(), sampleMs)
    this.#timer.unref()
    return { [Symbol.dispose]: () => clearInterval(this.#timer) }
  }

  /** Takes one sample. */
  sample(): void {
    const { uptimeMs, memoryShare, onChange } = this.#deps
    const nowMs = uptimeMs()
    const lateMs = Math.max(0, nowMs - this.#dueAtMs)
    this.#dueAtMs = nowMs + this.#limits.sampleMs
    const before = this.#state.reason
    this.#state = nextLoad(this.#state, { lateMs, memoryShare: memoryShare() }, this.#limits)
    if (this.#state.reason !== before) onChange(this.#state.reason)
    this.#relieve()
  }

  #relieve(): void {
    if (this.#state.reason !== 'memory') {
      this.#samplesUntilRelief = 0
      return
    }
    // Why not each time: what is given back shows only after the next garbage collection.
    if (this.#samplesUntilRelief === 0) {
      this.#deps.onMemoryShort()
      this.#samplesUntilRelief = this.#limits.samplesPerRelief
    }
    this.#samplesUntilRelief -= 1
  }
}
