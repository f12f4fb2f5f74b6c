import { backoffMs, type Backoff } from '@fingerpost/chassis/backoff'
import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { lastingMetricsOf, mergeSnapshots, type MetricsSnapshot } from '@fingerpost/chassis/metrics'
import { StartError } from '@fingerpost/chassis/start-error'
import type { DurationMs } from '@fingerpost/model/time'
import type { WorkerExit, WorkerProcess } from './worker-process.ts'

/** How workers are kept, and how long they are waited for. */
export type PoolLimits = {
  readonly workers: number
  readonly backoff: Backoff
  /** A worker that ran for so long did not fail to start. */
  readonly steadyMs: DurationMs
  /** For a new worker to accept, before the one that it is to replace is kept instead. */
  readonly acceptMsMax: DurationMs
  /** For a worker to end when asked to, before it is killed. */
  readonly endMsMax: DurationMs
  readonly metricsMsMax: DurationMs
  /** For the lead to save what it knows, before another worker is started. */
  readonly saveMsMax: DurationMs
}

/** What a pool needs from outside. */
export type PoolDeps = {
  readonly startWorker: (slot: number) => WorkerProcess
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/**
 * Keeps as many workers as there are slots: starts one again, later and later,
 * when it ends by itself, and replaces them one after the other on request.
 */
export class WorkerPool {
  readonly #limits: PoolLimits
  readonly #deps: PoolDeps
  readonly #slots: readonly number[]
  /** Those that are to stay, by slot; besides them there can be some that are leaving. */
  readonly #current = new Map<number, WorkerProcess>()
  readonly #alive = new Set<WorkerProcess>()
  readonly #stopping = new AbortController()
  readonly #startFailed = Promise.withResolvers<never>()
  readonly #allAccept = Promise.withResolvers<void>()
  #keeping: readonly Promise<void>[] = []
  /** What those counted that have ended. */
  #endedMetrics: MetricsSnapshot = []
  #lead: WorkerProcess | undefined
  #restarts = 0
  #isStarted = false
  #isReplacing = false

  constructor(limits: PoolLimits, deps: PoolDeps) {
    this.#limits = limits
    this.#deps = deps
    this.#slots = Array.from({ length: limits.workers }, (_, index) => index + 1)
    // Why: a start that is given up before nobody waits for any more.
    this.#startFailed.promise.catch(() => undefined)
  }

  /**
   * Starts all workers; resolves when all accept.
   *
   * @throws {StartError} when one says that it cannot start
   */
  async start(): Promise<void> {
    this.#keeping = this.#slots.map((slot) => this.#keep(slot))
    await Promise.race([this.#allAccept.promise, this.#startFailed.promise])
  }

  /** How many accept requests. */
  get accepting(): number {
    return [...this.#alive].filter((worker) => worker.isAccepting).length
  }

  /** How many were started because one had ended by itself. */
  get restarts(): number {
    return this.#restarts
  }

  /** What all workers tell, those that have ended included. */
  async metrics(): Promise<readonly MetricsSnapshot[]> {
    const refreshed = [...this.#alive].map((worker) => worker.refreshMetrics())
    await this.#within(this.#limits.metricsMsMax, Promise.all(refreshed))
    // Why the last ones of a worker that did not answer: a sum must not fall.
    const told = [...this.#alive].map((worker) =>
      worker.isAccepting ? worker.metrics : lastingMetricsOf(worker.metrics),
    )
    return [this.#endedMetrics, ...told]
  }

  /** Replaces every worker, one at a time, each only once its successor accepts. */
  async replaceAll(): Promise<void> {
    const { log } = this.#deps
    if (this.#isReplacing) {
      log.warn('workers are being replaced already')
      return
    }
    this.#isReplacing = true
    log.info({ workers: this.#limits.workers }, 'replacing workers')
    let replaced = 0
    try {
      for (const slot of this.#slots) {
        // Why each time: a successor is to know what visitors asked for until now.
        if (this.#lead !== undefined) {
          await this.#within(this.#limits.saveMsMax, this.#lead.save())
        }
        if (!(await this.#replace(slot))) break
        replaced += 1
      }
    } finally {
      this.#isReplacing = false
    }
    if (replaced === this.#slots.length) log.info('workers replaced')
    else if (!this.#isStopping) log.error({ replaced }, 'a new worker did not accept')
  }

  /** Ends all workers at once and keeps none any more; resolves when they are gone. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...this.#alive].map((worker) => this.#end(worker)))
    await Promise.all(this.#keeping)
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  async #keep(slot: number): Promise<void> {
    let failures = 0
    while (!this.#isStopping) {
      const worker = this.#current.get(slot) ?? this.#run(slot)
      if (worker === undefined) {
        failures += 1
        await this.#deps.clock.sleep(this.#waitMs(failures), this.#stopping.signal)
        continue
      }
      this.#current.set(slot, worker)
      const exit = await worker.exited
      // Why go on: it was replaced, and its successor is to be kept now.
      if (this.#isStopping || this.#current.get(slot) !== worker) continue
      this.#current.delete(slot)
      failures = exit.ranMs < this.#limits.steadyMs ? failures + 1 : 1
      const waitMs = this.#waitMs(failures)
      this.#noteEnd(worker, exit, waitMs)
      await this.#deps.clock.sleep(waitMs, this.#stopping.signal)
    }
  }

  #waitMs(failures: number): DurationMs {
    return backoffMs(failures, this.#limits.backoff, this.#deps.random())
  }

  #noteEnd(worker: WorkerProcess, exit: WorkerExit, waitMs: DurationMs): void {
    if (exit.startError !== undefined && !this.#isStarted) {
      this.#startFailed.reject(new StartError(exit.startError))
      return
    }
    this.#restarts += 1
    this.#deps.log.error(
      {
        worker: worker.slot,
        pid: worker.pid,
        exit_code: exit.code,
        signal: exit.signal,
        reason: exit.startError,
        wait_ms: waitMs,
      },
      'a worker ended by itself and is started again',
    )
  }

  /** Gives undefined when the system has no room for another process. */
  #run(slot: number): WorkerProcess | undefined {
    const worker = this.#tryStart(slot)
    if (worker === undefined) return undefined
    this.#alive.add(worker)
    void this.#seeIn(worker)
    void this.#seeOff(worker)
    return worker
  }

  #tryStart(slot: number): WorkerProcess | undefined {
    try {
      return this.#deps.startWorker(slot)
    } catch (error) {
      this.#deps.log.error({ worker: slot, error }, 'a worker cannot be started')
      return undefined
    }
  }

  async #seeIn(worker: WorkerProcess): Promise<void> {
    await worker.accepted
    this.#appointLead()
    if (this.accepting < this.#slots.length) return
    this.#isStarted = true
    this.#allAccept.resolve()
  }

  async #seeOff(worker: WorkerProcess): Promise<void> {
    await worker.exited
    this.#alive.delete(worker)
    this.#endedMetrics = mergeSnapshots([this.#endedMetrics, lastingMetricsOf(worker.metrics)])
    if (this.#lead === worker) this.#lead = undefined
    this.#appointLead()
  }

  // Why only once the lead is gone: one that is leaving still writes a last time.
  #appointLead(): void {
    if (this.#lead !== undefined) return
    // Why the newest: of those that are replaced in turn it is the last to be.
    this.#lead = [...this.#alive].findLast((worker) => worker.isAccepting)
    this.#lead?.tell({ kind: 'lead' })
  }

  /** Gives false when the worker had to be kept, or everything is being stopped. */
  async #replace(slot: number): Promise<boolean> {
    if (this.#isStopping) return false
    const next = this.#run(slot)
    if (next === undefined) return false
    await this.#within(this.#limits.acceptMsMax, next.accepted)
    if (this.#isStopping) return false
    if (!next.isAccepting) {
      await this.#end(next)
      return false
    }
    const old = this.#current.get(slot)
    this.#current.set(slot, next)
    if (old !== undefined) await this.#end(old)
    return true
  }

  async #end(worker: WorkerProcess): Promise<void> {
    worker.kill('SIGTERM')
    if (!(await this.#within(this.#limits.endMsMax, worker.exited))) worker.kill('SIGKILL')
    await worker.exited
  }

  /** Waits for something, but no longer than `msMax`; gives whether it came. */
  async #within(msMax: DurationMs, awaited: Promise<unknown>): Promise<boolean> {
    const came = new AbortController()
    void awaited.then(() => came.abort())
    await this.#deps.clock.sleep(msMax, came.signal)
    return came.signal.aborted
  }
}
