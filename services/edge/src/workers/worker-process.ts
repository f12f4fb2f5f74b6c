import cluster, { type Worker } from 'node:cluster'
import { readStartErrorMessage } from '@fingerpost/chassis/lifecycle'
import type { MetricsSnapshot } from '@fingerpost/chassis/metrics'
import type { DurationMs } from '@fingerpost/model/time'
import { readWorkerMessage, type PrimaryMessage } from './messages.ts'

/** How a worker ended. */
export type WorkerExit = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The sentence with which it said that it cannot start. */
  readonly startError: string | undefined
  readonly ranMs: DurationMs
}

/** The name under which a worker is given its slot. */
export const WORKER_SLOT = 'WORKER_SLOT'

/** The primary's side of one worker. */
export class WorkerProcess {
  readonly slot: number
  readonly pid: number | undefined
  /** Resolves when the process is gone and all that it said has been heard. */
  readonly exited: Promise<WorkerExit>
  readonly #worker: Worker
  readonly #startedMs = performance.now()
  #state: 'starting' | 'accepting' | 'leaving' = 'starting'
  #startError: string | undefined
  #metrics: MetricsSnapshot = []
  #metricsHeard = Promise.withResolvers<void>()
  readonly #accepted = Promise.withResolvers<void>()
  #saved = Promise.withResolvers<void>()

  /** @param environment what it is given besides our own */
  constructor(slot: number, environment: Readonly<Record<string, string>>) {
    this.slot = slot
    this.#worker = cluster.fork({ ...environment, [WORKER_SLOT]: String(slot) })
    this.pid = this.#worker.process.pid
    this.#worker.on('message', (message: unknown) => this.#hear(message))
    this.exited = this.#exit()
  }

  /** Whether requests are accepted by it. */
  get isAccepting(): boolean {
    return this.#state === 'accepting'
  }

  /** Resolves when requests are accepted by it, or when it is gone without. */
  get accepted(): Promise<void> {
    return this.#accepted.promise
  }

  /** What it told last; empty before it told anything. */
  get metrics(): MetricsSnapshot {
    return this.#metrics
  }

  /** Asks for its metrics; resolves when they are there, or when it is gone. */
  async refreshMetrics(): Promise<void> {
    if (this.#state === 'starting') return
    const heard = this.#metricsHeard.promise
    this.tell({ kind: 'metrics_wanted' })
    await heard
  }

  /** Has it save what it knows; resolves when that is done, or when it is gone. */
  async save(): Promise<void> {
    const saved = this.#saved.promise
    this.tell({ kind: 'save' })
    await saved
  }

  tell(message: PrimaryMessage): void {
    // Why nothing is done when it cannot be sent: the worker is ending, which is seen elsewhere.
    if (this.#worker.isConnected()) this.#worker.send(message, () => undefined)
  }

  kill(signal: NodeJS.Signals): void {
    this.#worker.process.kill(signal)
  }

  #hear(received: unknown): void {
    this.#startError ??= readStartErrorMessage(received)
    const message = readWorkerMessage(received)
    // Why at once: answers keep the order, so nothing that was sent before is on its way then.
    if (message?.kind === 'closed') this.tell({ kind: 'may_end' })
    if (message?.kind === 'saved') {
      this.#saved.resolve()
      this.#saved = Promise.withResolvers()
    }
    if (message?.kind === 'metrics') {
      this.#metrics = message.metrics
      this.#metricsHeard.resolve()
      this.#metricsHeard = Promise.withResolvers()
    }
    if (message?.kind === 'accepting') {
      this.#state = message.isAccepting ? 'accepting' : 'leaving'
      this.#accepted.resolve()
    }
  }

  async #exit(): Promise<WorkerExit> {
    const gone = Promise.withResolvers<void>()
    const unheard = Promise.withResolvers<void>()
    this.#worker.once('exit', () => gone.resolve())
    this.#worker.once('disconnect', () => unheard.resolve())
    this.#worker.on('error', () => {
      // Why nothing otherwise: what fails on the channel is seen by the end of the process.
      if (this.pid !== undefined) return
      gone.resolve()
      unheard.resolve()
    })
    // Why also the channel: what the worker said last may still be in it.
    await Promise.all([gone.promise, unheard.promise])
    this.#state = 'leaving'
    this.#accepted.resolve()
    this.#metricsHeard.resolve()
    this.#saved.resolve()
    const { exitCode, signalCode } = this.#worker.process
    return {
      code: exitCode,
      signal: signalCode,
      startError: this.#startError,
      ranMs: performance.now() - this.#startedMs,
    }
  }
}
