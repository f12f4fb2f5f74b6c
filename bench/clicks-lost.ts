import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../test/support/free-port.ts'
import { startApiCore, type BenchApiCore } from './harness/api-core.ts'
import { startBenchEdge, type BenchEdge } from './harness/edge.ts'
import type { BenchContext, Comparison, Report } from './harness/report.ts'
import { clickText } from './harness/requests.ts'
import { interleave, type Measurement } from './harness/rounds.ts'
import { runRateLoad } from './harness/run-rate-load.ts'

const RATE_PER_S = 2_000
const LINKS = 20
const BEFORE_MS = 3_000
const AFTER_S = 6
const SETTLE_MS_MAX = 20_000
const SETTLED_MS = 4_000
const POLL_MS = 250
const CORE_PAUSE_MS = 1_000

type Incident =
  'edge restarted gracefully' | 'api-core killed by SIGKILL' | 'edge killed by SIGKILL'

const INCIDENTS: readonly Incident[] = [
  'edge restarted gracefully',
  'api-core killed by SIGKILL',
  'edge killed by SIGKILL',
]

/** Whether every click that was answered is counted, whatever happens to who counts. */
export const CLICKS_LOST: Comparison = {
  name: 'clicks-lost',
  title: `clicks answered against clicks counted, ${RATE_PER_S} clicks/s`,
  needs: [],
  run: measureClicksLost,
}

async function measureClicksLost(context: BenchContext): Promise<Report> {
  const { directory, rounds, say } = context
  await using stack = new AsyncDisposableStack()
  const core = stack.use(await startApiCore(directory))
  const ids: string[] = []
  for (let index = 0; index < LINKS; index += 1) {
    ids.push(await core.createLink(`click-${index}`, `https://www.example.com/${index}`))
  }
  const asked = await core.call('GET', `/links/${ids[0]}/clicks`)
  if (asked.status !== 200) {
    return { kind: 'not_available', reason: `api-core answered ${asked.status} to GET …/clicks` }
  }
  const world = new World({ core, ids, context, edgePort: await freePort() })
  stack.defer(() => world.stop())
  await world.startEdge()
  const subjects = INCIDENTS.map((name) => ({ name, measure: () => world.measure(name) }))
  const found = await interleave(subjects, rounds, say)
  const [graceful = '', coreKilled = '', edgeKilled = ''] = INCIDENTS
  const most = (name: string, what: string) => Math.max(...found.values(name, what))
  return {
    kind: 'measured',
    ratios: [
      { what: `clicks lost, ${graceful}`, value: most(graceful, 'lost'), target: { atMost: 0 } },
      {
        what: `clicks lost, ${coreKilled}`,
        value: most(coreKilled, 'lost'),
        target: { atMost: 0 },
      },
      {
        what: `clicks lost, ${edgeKilled}, beyond those of its last second`,
        value: most(edgeKilled, 'lost beyond the last second'),
        target: { atMost: 0 },
      },
    ],
    figures: found.figures({
      answered: 'clicks',
      counted: 'clicks',
      lost: 'clicks',
      'answered in the last second': 'clicks',
      'not answered': 'requests',
    }),
    notes: [
      'Answered is what the load saw as a redirect; what it was refused while the edge was away counts for nobody.',
      'A negative loss: clicks were counted whose answer did not arrive, or were counted twice.',
    ],
  }
}

class World {
  readonly #core: BenchApiCore
  readonly #ids: readonly string[]
  readonly #context: BenchContext
  readonly #edgePort: number
  #edge: BenchEdge | undefined

  constructor(options: {
    readonly core: BenchApiCore
    readonly ids: readonly string[]
    readonly context: BenchContext
    readonly edgePort: number
  }) {
    this.#core = options.core
    this.#ids = options.ids
    this.#context = options.context
    this.#edgePort = options.edgePort
  }

  async startEdge(): Promise<void> {
    this.#edge = await startBenchEdge({
      corePort: this.#core.grpcPort,
      dataDir: `${this.#context.directory}/edge`,
      core: undefined,
      settings: { EDGE_ADDR: `127.0.0.1:${this.#edgePort}` },
    })
  }

  async stop(): Promise<void> {
    await this.#edge?.[Symbol.asyncDispose]()
  }

  async measure(incident: Incident): Promise<Measurement> {
    const countedBefore = await this.#settledCount()
    const requests = this.#ids.map((_id, index) => {
      const text = clickText({ hostname: this.#core.hostname, path: `/click-${index}` }, index)
      return { group: 'click', text }
    })
    const loading = runRateLoad({
      port: this.#edgePort,
      requests,
      ratePerS: RATE_PER_S,
      seconds: BEFORE_MS / 1000 + AFTER_S,
      directory: this.#context.directory,
      core: undefined,
    })
    // Why caught here as well: it may fail while the incident is under way.
    loading.catch(() => undefined)
    await delay(BEFORE_MS)
    const happenedAt = Date.now()
    await this.#let(incident)
    const seen = await loading
    const counted = (await this.#settledCount()) - countedBefore
    const lost = seen.answered - counted
    const end = Math.ceil((happenedAt - seen.startedAt) / 100)
    const lastSecond = seen.redirectsByTenth.slice(Math.max(0, end - 11), end + 1)
    const inLastSecond = lastSecond.reduce((sum, count) => sum + count, 0)
    return {
      answered: seen.answered,
      counted,
      lost,
      'answered in the last second': inLastSecond,
      'lost beyond the last second': Math.max(0, lost - inLastSecond),
      'not answered': seen.failed,
    }
  }

  async #let(incident: Incident): Promise<void> {
    switch (incident) {
      case 'edge restarted gracefully':
        await this.#edge?.program.stop()
        return this.startEdge()
      case 'api-core killed by SIGKILL':
        return this.#core.killAndRestart(CORE_PAUSE_MS)
      case 'edge killed by SIGKILL':
        this.#edge?.program.kill('SIGKILL')
        await this.#edge?.program.exited
        return this.startEdge()
      default:
        incident satisfies never
    }
  }

  /** Gives how many clicks are counted, once that has not changed for a while. */
  async #settledCount(): Promise<number> {
    const deadlineAt = performance.now() + SETTLE_MS_MAX
    let count = await this.#count()
    let changedAt = performance.now()
    while (performance.now() < Math.min(deadlineAt, changedAt + SETTLED_MS)) {
      await delay(POLL_MS)
      const now = await this.#count()
      if (now !== count) changedAt = performance.now()
      count = now
    }
    return count
  }

  async #count(): Promise<number> {
    const answers = await Promise.all(
      this.#ids.map((id) => this.#core.call('GET', `/links/${id}/clicks`)),
    )
    return answers.reduce((sum, { body }) => sum + totalOf(body), 0)
  }
}

function totalOf(body: unknown): number {
  const { totals } = body as { readonly totals: Readonly<Record<string, number>> }
  return Object.values(totals).reduce((sum, count) => sum + count, 0)
}
