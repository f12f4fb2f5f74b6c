import type { Worker } from 'node:cluster'
import type { Logger } from '@fingerpost/chassis/logger'
import type { Metrics } from '@fingerpost/chassis/metrics'
import { readPrimaryMessage, type WorkerMessage } from './messages.ts'

/** A worker's side of the channel to its primary. */
export class PrimaryLink implements AsyncDisposable {
  readonly #worker: Worker
  readonly #deps: { readonly metrics: Pick<Metrics, 'snapshot'>; readonly log: Logger }
  readonly #mayEnd = Promise.withResolvers<void>()
  #isLead = false
  #save: () => Promise<void> = async () => undefined

  /** @param worker this process, as node:cluster sees it */
  constructor(
    worker: Worker,
    deps: { readonly metrics: Pick<Metrics, 'snapshot'>; readonly log: Logger },
  ) {
    this.#worker = worker
    this.#deps = deps
    // Why: nothing else keeps a process up whose start failed, until the primary has answered.
    process.channel?.ref()
    worker.on('message', (message: unknown) => this.#hear(message))
    // Why ignored: a channel that breaks says so by "disconnect" as well, which starts the drain.
    worker.on('error', () => undefined)
    // Why: without it node:cluster ends a process whose primary is gone at once, amid requests.
    worker.once('disconnect', () => {
      worker.exitedAfterDisconnect = true
      this.#mayEnd.resolve()
    })
  }

  /** Says how what this worker knows is saved. */
  onSave(save: () => Promise<void>): void {
    this.#save = save
  }

  /** Whether this worker is the one that writes what all of them share. */
  get isLead(): boolean {
    return this.#isLead
  }

  /** Resolves when the message has left, or when nobody is there to take it. */
  async tell(message: WorkerMessage): Promise<void> {
    if (!this.#worker.isConnected()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = (): void => resolve()
    // Why: who sends is not told that the channel ended before the message had left.
    this.#worker.once('disconnect', done)
    this.#worker.send(message, done)
    await promise
    this.#worker.off('disconnect', done)
  }

  /**
   * Tells the last metrics, and waits until no connection can be on its way
   * here: one that the primary had handed out before it heard that the server
   * is closed would be lost with the process, and goes back when it lives on.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tellMetrics()
    if (!this.#worker.isConnected()) return
    await this.tell({ kind: 'closed' })
    await this.#mayEnd.promise
  }

  #hear(received: unknown): void {
    const message = readPrimaryMessage(received)
    if (message === undefined) return
    switch (message.kind) {
      case 'lead':
        this.#isLead = true
        this.#deps.log.info('worker is the lead')
        return
      case 'metrics_wanted':
        void this.#tellMetrics()
        return
      case 'save':
        void this.#saveAndTell()
        return
      case 'may_end':
        this.#mayEnd.resolve()
        return
      default:
        message.kind satisfies never
    }
  }

  async #saveAndTell(): Promise<void> {
    try {
      await this.#save()
    } catch (error) {
      this.#deps.log.error({ error }, 'what this worker knows cannot be saved')
    }
    await this.tell({ kind: 'saved' })
  }

  async #tellMetrics(): Promise<void> {
    try {
      await this.tell({ kind: 'metrics', metrics: await this.#deps.metrics.snapshot() })
    } catch (error) {
      this.#deps.log.error({ error }, 'metrics cannot be told')
    }
  }
}
