import { startApiCore, type BenchApiCore } from './harness/api-core.ts'
import { inParallel } from './harness/at-rate.ts'
import { startBenchEdge } from './harness/edge.ts'
import { requestAll } from './harness/http-connection.ts'
import type { BenchContext, Comparison, Report } from './harness/report.ts'
import { clickText } from './harness/requests.ts'
import { Samples, type Measurement } from './harness/rounds.ts'
import { runRateLoad } from './harness/run-rate-load.ts'
import { setTimeout as delay } from 'node:timers/promises'

const RATE_PER_S = 2_000
const SERVED = 1_000
const IMPORTERS = 8
const QUERY_PAUSE_MS = 100
const WINDOWS_MAX = 100
const IDLE = 'idle'
const BUSY = 'during the import'

/** What a visitor feels of somebody else's import. */
export const IMPORT: Comparison = {
  name: 'import',
  title: 'redirects while api-core imports links and answers click queries, on the same two cores',
  needs: [],
  run: measureImport,
}

async function measureImport(context: BenchContext): Promise<Report> {
  const { directory, rounds, seconds, say } = context
  const count = context.links ?? 100_000
  await using stack = new AsyncDisposableStack()
  const core = stack.use(await startApiCore(directory))
  const edge = stack.use(
    await startBenchEdge({
      corePort: core.grpcPort,
      dataDir: `${directory}/edge`,
      core: undefined,
    }),
  )
  const ids: string[] = []
  await inParallel({ count: SERVED, concurrency: IMPORTERS }, async (index) => {
    ids[index] = await core.createLink(`warm-${index}`, destinationAt(index))
  })
  const texts = ids.map((_id, index) =>
    clickText({ hostname: core.hostname, path: `/warm-${index}` }, index),
  )
  await requestAll(edge.port, texts, { connections: 8, onAnswer: () => undefined })
  const requests = texts.map((text) => ({ group: 'redirect', text }))
  const window = async (): Promise<Measurement> => {
    const options = { port: edge.port, requests, ratePerS: RATE_PER_S, seconds, directory }
    const { groups, failed, late } = await runRateLoad({ ...options, core: undefined })
    const { p50 = NaN, p99 = NaN, max = NaN } = groups['redirect'] ?? {}
    return { p50, p99, max, failed, 'load late p99': late.p99 }
  }
  const idle: Measurement[] = []
  await window()
  for (let round = 0; round < rounds; round += 1) {
    say(`window ${round + 1} of ${rounds}: ${IDLE}`)
    idle.push(await window())
  }

  const busy: Measurement[] = []
  const work = new Work(core, ids)
  const startedAt = performance.now()
  const importing = work.importLinks(count)
  const querying = work.queryClicks()
  // Why caught here as well: it may fail while a window is measured.
  importing.catch(() => work.stop())
  while (!work.isDone && busy.length < WINDOWS_MAX) {
    say(`window ${busy.length + 1}: ${BUSY}, ${work.imported} of ${count} links`)
    busy.push(await window())
  }
  work.stop()
  await importing
  const tookS = (performance.now() - startedAt) / 1000
  const queries = await querying
  const found = new Samples(
    new Map([
      [IDLE, idle],
      [BUSY, busy],
    ]),
  )
  return {
    kind: 'measured',
    ratios: [
      {
        what: 'redirect p99 during the import ÷ idle',
        value: found.ratio(BUSY, IDLE, 'p99'),
        target: { atMost: 5 },
      },
      {
        what: 'failed redirects',
        value: Math.max(...found.values(BUSY, 'failed')),
        target: { atMost: 0 },
      },
    ],
    figures: [
      ...found.figures({ p50: 'ms', p99: 'ms', max: 'ms', failed: '', 'load late p99': 'ms' }),
      { subject: 'import', what: 'rate', unit: 'links/s', values: [work.imported / tookS] },
    ],
    notes: [
      `${RATE_PER_S} redirects/s in windows of ${seconds} s; ${work.imported} of ${count} links imported, ${IMPORTERS} at a time.`,
      queries.status === 200
        ? `${queries.answered} click queries were answered meanwhile.`
        : `Click queries: not available, api-core answered ${queries.status}.`,
    ],
  }
}

/** What keeps api-core busy. */
class Work {
  imported = 0
  isDone = false
  readonly #core: BenchApiCore
  readonly #ids: readonly string[]

  constructor(core: BenchApiCore, ids: readonly string[]) {
    this.#core = core
    this.#ids = ids
  }

  stop(): void {
    this.isDone = true
  }

  async importLinks(count: number): Promise<void> {
    await inParallel({ count, concurrency: IMPORTERS }, async (index) => {
      if (this.isDone) return
      await this.#core.createLink(`imported-${index}`, destinationAt(index))
      this.imported += 1
    })
    this.stop()
  }

  async queryClicks(): Promise<{ readonly status: number; readonly answered: number }> {
    let answered = 0
    let status = 0
    while (!this.isDone) {
      const id = this.#ids[answered % this.#ids.length]
      ;({ status } = await this.#core.call('GET', `/links/${id}/clicks`))
      if (status !== 200) break
      answered += 1
      await delay(QUERY_PAUSE_MS)
    }
    return { status, answered }
  }
}

function destinationAt(index: number): string {
  return `https://www.example.com/articles/${index}?utm_source=newsletter&utm_medium=email`
}
