import { setTimeout as delay } from 'node:timers/promises'
import { latenciesOf } from '../../harness/statistics.ts'
import { ClientConnection, type ClientAnswer, type Destination } from './client-connection.ts'

/** One request of a load. */
export type LoadRequest = {
  readonly text: string
  /** Groups samples, for example `hot` and `cold`. */
  readonly kind: string
  readonly judge: (answer: ClientAnswer) => Verdict
}

/** `wrong` is an answer that says something false; `failed` says nothing. */
export type Verdict = 'right' | 'wrong' | 'failed'

/** What became of one request. */
export type Sample = {
  readonly kind: string
  readonly verdict: Verdict
  readonly status: number
  readonly trouble: string | undefined
  /** When it was due, on the clock of `performance.now()`. */
  readonly dueMs: number
  /** From when it was due to its last octet: a late start counts against who caused it. */
  readonly durationMs: number
}

/** How hard to load, and what with. */
export type LoadOptions = {
  readonly destination: Destination
  /** Requests per second, whatever becomes of the ones before. */
  readonly rate: number
  readonly connectionsMax: number
  readonly next: () => LoadRequest
}

const ANSWER_MS_MAX = 10_000

type Due = { readonly request: LoadRequest; readonly dueMs: number }

/**
 * Sends requests at a fixed rate until it is stopped. Each is due at its own
 * instant, so that a server that stops answering cannot make the load wait for it.
 */
export class Load implements AsyncDisposable {
  readonly #options: LoadOptions
  readonly #samples: Sample[] = []
  readonly #idle: ClientConnection[] = []
  readonly #open = new Set<ClientConnection>()
  readonly #waiting: Due[] = []
  readonly #startedMs = performance.now()
  readonly #timer: NodeJS.Timeout
  #sent = 0
  #pending = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#sendDue(), 1)
  }

  /** What has become of the requests so far. */
  get samples(): readonly Sample[] {
    return this.#samples
  }

  /** Sends no more, waits for the answers that are due, and gives what became of everything. */
  async stop(): Promise<readonly Sample[]> {
    clearInterval(this.#timer)
    const deadlineMs = performance.now() + ANSWER_MS_MAX
    while (this.#pending > 0 && performance.now() < deadlineMs) await delay(10)
    for (const connection of this.#open) connection[Symbol.dispose]()
    for (const { request, dueMs } of this.#waiting.splice(0)) {
      this.#note(request, dueMs, { status: 0, location: undefined, trouble: 'never sent' })
    }
    return this.#samples
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    for (const connection of this.#open) connection[Symbol.dispose]()
  }

  #sendDue(): void {
    const { rate, next } = this.#options
    const elapsedMs = performance.now() - this.#startedMs
    const due = Math.floor((elapsedMs * rate) / 1000)
    for (; this.#sent < due; this.#sent += 1) {
      const dueMs = this.#startedMs + ((this.#sent + 1) * 1000) / rate
      this.#pending += 1
      this.#send({ request: next(), dueMs })
    }
  }

  #send(due: Due): void {
    const connection = this.#takeConnection()
    if (connection === undefined) {
      this.#waiting.push(due)
      return
    }
    connection.send(due.request.text, (answer) => {
      this.#pending -= 1
      this.#note(due.request, due.dueMs, answer)
      this.#free(connection)
    })
  }

  #takeConnection(): ClientConnection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isUsable) return idle
      this.#open.delete(idle)
    }
    if (this.#open.size >= this.#options.connectionsMax) return undefined
    const connection = new ClientConnection(this.#options.destination)
    this.#open.add(connection)
    return connection
  }

  #free(connection: ClientConnection): void {
    if (connection.isUsable) this.#idle.push(connection)
    else this.#open.delete(connection)
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) this.#send(waiting)
  }

  #note(request: LoadRequest, dueMs: number, answer: ClientAnswer): void {
    this.#samples.push({
      kind: request.kind,
      verdict: request.judge(answer),
      status: answer.status,
      trouble: answer.trouble,
      dueMs,
      durationMs: performance.now() - dueMs,
    })
  }
}

/** Runs a load for a while and gives what became of it. */
export async function loadFor(
  options: LoadOptions,
  durationMs: number,
): Promise<readonly Sample[]> {
  await using load = new Load(options)
  await delay(durationMs)
  return await load.stop()
}

/** What a line tells of many samples. */
export type LoadSummary = {
  readonly requests: number
  readonly failed: number
  readonly wrong: number
  readonly p50_ms: number
  readonly p99_ms: number
  readonly max_ms: number
  /** Of those that were not right: how often each status, or each trouble, was seen. */
  readonly troubles?: Readonly<Record<string, number>>
}

/** Sums up samples. */
export function summaryOf(samples: readonly Sample[]): LoadSummary {
  const latencies = latenciesOf(samples.map(({ durationMs }) => durationMs))
  const bad = samples.filter(({ verdict }) => verdict !== 'right')
  const troubles: Record<string, number> = {}
  for (const { status, trouble } of bad) {
    const name = trouble ?? `status ${status}`
    troubles[name] = (troubles[name] ?? 0) + 1
  }
  return {
    requests: samples.length,
    failed: bad.filter(({ verdict }) => verdict === 'failed').length,
    wrong: bad.filter(({ verdict }) => verdict === 'wrong').length,
    p50_ms: rounded(latencies.p50),
    p99_ms: rounded(latencies.p99),
    max_ms: rounded(latencies.max),
    ...(bad.length > 0 && { troubles }),
  }
}

/** Rounds to two decimals, for a line. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100
}

/** Gives the samples that were due in a span of time. */
export function dueBetween(
  samples: readonly Sample[],
  fromMs: number,
  toMs: number,
): readonly Sample[] {
  return samples.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs)
}
