import { join } from 'node:path'
import { range, startBenchEdge, warm, type BenchEdge } from '../harness/edge.ts'
import { hostnameAt } from '../harness/links.ts'
import { chooseCores, startNode } from '../harness/processes.ts'
import { scrape } from '../harness/prometheus.ts'
import { startMapCore, type MapCoreProcess } from '../harness/start-map-core.ts'
import type { FloodOptions, FloodReport } from './flood/flood-options.ts'
import { linkRequest } from './harness/link-requests.ts'
import { loadFor, rounded, summaryOf, type LoadOptions, type LoadSummary } from './harness/load.ts'
import { memoryGrowthOf } from './harness/process-facts.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'

const SET = { links: 10, hostnames: 1 }
const HOT_RATE = 200
const FLOOD_RATE = 20_000
/** What an edge can take with one core to itself, for comparison. */
const MODERATE_RATE = 3_000
/** How long core takes for one lookup, and how many lookups an edge has under way on one hostname. */
const LOOKUP_MS = 50
const LOOKUPS_AT_ONCE_MAX = 250
const CORE_CALLS_PER_S_MAX = (LOOKUPS_AT_ONCE_MAX * 1000) / LOOKUP_MS
const DELTA_PERCENT_MAX = 5
/** What garbage that waits for its collection may make of a difference. */
const MIB_GROWN_MAX = 16
const FLOOD_END_MS = 20_000

/** S8: slugs that nobody has, beside a link that everybody wants. */
export const S8: Row = {
  name: 'S8',
  title: 'a flood of random slugs on the hostname of a hot link',
  goal: `hot p99 at most ${DELTA_PERCENT_MAX} % above idle, core calls/s at most the cap, memory flat`,
  run,
}

async function run({ directory, isShort, seed, say }: RowContext): Promise<Finding> {
  const durationMs = isShort ? 8_000 : 30_000
  const cores = await chooseCores()
  await using core = await startMapCore(SET, { core: cores.load, lookupMs: LOOKUP_MS })
  await using edge = await startBenchEdge({
    corePort: core.grpcPort,
    dataDir: join(directory, 'edge'),
    core: cores.server,
  })
  await warm(edge.port, range(0, SET.links), SET)
  const hot: LoadOptions = {
    destination: { port: edge.port },
    rate: HOT_RATE,
    connectionsMax: 64,
    next: () => linkRequest(0, SET, 'hot'),
  }
  const idle = summaryOf(await loadFor(hot, durationMs / 2))
  say(`without the flood: hot p99 ${idle.p99_ms} ms`)

  const target = { hot, idle, durationMs, edge, core, seed, generatorCore: cores.load }
  const moderate = await floodWith(MODERATE_RATE, target)
  say(`${moderate.rate} random slugs/s: hot p99 ${moderate.hot.p99_ms} ms`)
  const full = await floodWith(FLOOD_RATE, target)
  say(`${full.rate} random slugs/s: hot p99 ${full.hot.p99_ms} ms`)
  return {
    kind: 'measured',
    figure: full.delta_percent,
    unit: '% above idle',
    pass:
      full.delta_percent <= DELTA_PERCENT_MAX &&
      full.hot.failed + full.hot.wrong === 0 &&
      full.core_calls_per_s <= CORE_CALLS_PER_S_MAX &&
      full.mib_grown <= MIB_GROWN_MAX,
    facts: {
      rate_wanted: FLOOD_RATE,
      hot_rate: HOT_RATE,
      hot_idle: idle,
      core_calls_per_s_max: CORE_CALLS_PER_S_MAX,
      mib_grown_max: MIB_GROWN_MAX,
      ...full,
      moderate,
    },
  }
}

type Target = {
  readonly hot: LoadOptions
  readonly idle: LoadSummary
  readonly durationMs: number
  readonly edge: BenchEdge
  readonly core: MapCoreProcess
  readonly seed: number
  readonly generatorCore: number
}

async function floodWith(rate: number, target: Target) {
  const { durationMs, edge, idle, seed, generatorCore } = target
  const flood = await startFlood(
    { port: edge.port, hostname: hostnameAt(0), rate, durationMs, seed },
    generatorCore,
  )
  const flooded = await measureDuring(target)
  const report = await flood.report()
  return {
    rate: Math.round((report.sent * 1000) / durationMs),
    delta_percent: rounded((100 * (flooded.hot.p99_ms - idle.p99_ms)) / idle.p99_ms),
    flood_answers: report.byStatus,
    flood_unanswered: report.sent - report.answered,
    ...flooded,
  }
}

async function measureDuring({ hot, durationMs, edge, core }: Target) {
  const over = new AbortController()
  const growth = memoryGrowthOf(edge.program.pid, over.signal)
  const before = await core.counts()
  const refusedBefore = await refusedBy(edge)
  const startedMs = performance.now()
  const samples = await loadFor(hot, durationMs)
  const elapsedS = (performance.now() - startedMs) / 1000
  const lookups = (await core.counts()).lookups - before.lookups
  over.abort()
  return {
    hot: summaryOf(samples),
    core_calls_per_s: Math.round(lookups / elapsedS),
    lookups_refused: (await refusedBy(edge)) - refusedBefore,
    mib_grown: rounded(await growth),
  }
}

async function refusedBy(edge: BenchEdge): Promise<number> {
  return (await scrape(edge.opsPort)).sum('fingerpost_edge_lookups_refused_total')
}

async function startFlood(
  options: FloodOptions,
  core: number,
): Promise<{ readonly report: () => Promise<FloodReport> }> {
  const script = 'bench/chaos/flood/flood.ts'
  const { program } = await startNode({ name: 'flood', script, options, core })
  return {
    report: async () => {
      const line = await program.waitForLine(/"done":true/, { withinMs: FLOOD_END_MS })
      await program.stop()
      return JSON.parse(line) as FloodReport
    },
  }
}
