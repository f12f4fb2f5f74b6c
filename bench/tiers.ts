import type { Program } from '../test/support/program.ts'
import { askBySignal } from './harness/ask-by-signal.ts'
import { range, startBenchEdge, warm, type BenchEdge } from './harness/edge.ts'
import { plainLink, type LinkSet } from './harness/links.ts'
import { lookupSizes } from './harness/lookup-sizes.ts'
import { startNode } from './harness/processes.ts'
import { scrape } from './harness/prometheus.ts'
import type { BenchContext, Comparison, Ratio, Report } from './harness/report.ts'
import { clickText } from './harness/requests.ts'
import { interleave, type Measurement, type Samples } from './harness/rounds.ts'
import { runRateLoad } from './harness/run-rate-load.ts'
import { startMapCore } from './harness/start-map-core.ts'
import type { RateRequest } from './load/rate-load-options.ts'
import type { BareTierOptions } from './subjects/bare-tier-options.ts'
import { startRedis } from './subjects/redis.ts'
import type { ToldTimings } from './subjects/timings.ts'

const RATE_PER_S = 2_000
/** Links that an edge with an L1 of one entry is asked for in turn: a miss there each time. */
const TURN = 5_000
const HOT = 2_000
const L2_OF_100 = 4
const CORE_OF_100 = 1

const L2 = 'edge, L2 hit'
const CORE = 'edge, core lookup'
const GET = 'bare GET by ioredis'
const ECHO = 'bare gRPC echo'
const MIX = 'edge, mix'

/** What each tier costs at a fixed rate, in the edge's own time. */
export const TIERS: Comparison = {
  name: 'tiers',
  title: `own time by tier at ${RATE_PER_S} requests/s`,
  needs: ['redis-server', 'taskset'],
  run: measureTiers,
}

async function measureTiers(context: BenchContext): Promise<Report> {
  const { cores, directory, rounds, seconds, say } = context
  const perRound = RATE_PER_S * seconds
  const cold = { l2: (perRound * L2_OF_100) / 100, core: (perRound * CORE_OF_100) / 100 }
  // Why a round more: the first one warms up.
  const fromRedis = TURN + HOT + cold.l2 * (rounds + 1)
  const set: LinkSet = { links: fromRedis + cold.core * (rounds + 1), hostnames: 1 }
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await startRedis({ directory, core: cores.load }))
  const core = stack.use(await startMapCore(set, { core: cores.load }))
  const edge = async (name: string, settings: Readonly<Record<string, string>>) =>
    stack.use(
      await startBenchEdge({
        corePort: core.grpcPort,
        dataDir: `${directory}/${name}`,
        core: cores.server,
        settings,
        nodeArgs: ['--import', './bench/subjects/own-time.ts'],
      }),
    )
  const bare = async (options: BareTierOptions): Promise<Asked> => {
    const script = 'bench/subjects/bare-tier.ts'
    const name = `bare ${options.kind}`
    const { program, ready } = await startNode({ name, script, options, core: cores.server })
    stack.use(program)
    return { program, port: Number(ready['port']), group: 'bare' }
  }
  const l2 = await edge('l2', { REDIS_URL: redis.url, EDGE_L1_ENTRIES_MAX: '1' })
  const coreOnly = await edge('core', { EDGE_L1_ENTRIES_MAX: '1' })
  const mixed = await edge('mix', { REDIS_URL: redis.url })

  say(`looking up ${fromRedis} links so that they are in Redis`)
  await warm(l2.port, range(0, fromRedis), set)
  await warm(mixed.port, range(TURN, TURN + HOT), set)
  const sizes = lookupSizes(set)
  const echo = await startNode({
    name: 'grpc-echo',
    script: 'bench/subjects/grpc-echo.ts',
    options: { answerOctets: sizes.answer },
    core: cores.load,
  })
  stack.use(echo.program)
  const echoPort = Number(echo.ready['port'])

  const load = (port: number, requests: readonly RateRequest[]) =>
    runRateLoad({ port, requests, ratePerS: RATE_PER_S, seconds, directory, core: cores.load })
  const turn = Array.from({ length: TURN }, (_, at) => named('turn', at, set))
  const alone = (asked: Asked) => async (): Promise<Measurement> => {
    const before = await countsOf(asked)
    const { failed } = await load(asked.port, turn)
    if (failed > 0) throw new Error(`${failed} requests to ${asked.program.name} failed.`)
    return { ...(await timesOf(asked)), ...sharesOf(before, await countsOf(asked)) }
  }
  const mixture = mixtures(set, { ...cold, fromRedis })
  const subjects = [
    { name: L2, measure: alone({ ...l2, group: 'turn' }) },
    { name: GET, measure: alone(await bare({ kind: 'redis', url: redis.url, keysMax: TURN })) },
    { name: CORE, measure: alone({ ...coreOnly, group: 'turn' }) },
    {
      name: ECHO,
      measure: alone(await bare({ kind: 'echo', port: echoPort, requestOctets: sizes.request })),
    },
    {
      name: MIX,
      measure: async () => {
        const before = await countsOf(mixed)
        const seen = await load(mixed.port, mixture())
        const shares = sharesOf(before, await countsOf(mixed))
        return { ...(await timesOfMix(mixed.program)), ...shares, failed: seen.failed }
      },
    },
  ]
  say('warming up')
  for (const { measure } of subjects) await measure()
  return reportOf(await interleave(subjects, rounds, say))
}

/** Somebody who is asked, and under which name they note their time. */
type Asked = {
  readonly program: Program
  readonly port: number
  readonly group: string
  /** Only of an edge. */
  readonly opsPort?: number
}

async function timesOf({ program, group }: Asked): Promise<Measurement> {
  const told = (await askBySignal(program, 'timings')) as ToldTimings['timings']
  const { p50 = NaN, p95 = NaN, p99 = NaN } = told[group] ?? {}
  return { p50, p95, p99 }
}

async function timesOfMix(program: Program): Promise<Measurement> {
  const told = (await askBySignal(program, 'timings')) as ToldTimings['timings']
  const groups = ['all', 'l1', 'l2', 'core'].flatMap((group) => {
    const times = told[group]
    if (times === undefined) return []
    return (['p50', 'p95', 'p99'] as const).map((name) => [`${group} ${name}`, times[name]])
  })
  return Object.fromEntries(groups)
}

type TierCounts = Readonly<Record<'l1' | 'l2' | 'core', number>>

async function countsOf({
  opsPort,
}: Pick<BenchEdge, 'opsPort'> | Asked): Promise<TierCounts | undefined> {
  if (opsPort === undefined) return undefined
  const metrics = await scrape(opsPort)
  const of = (tier: string) =>
    metrics.sum('fingerpost_edge_request_duration_seconds_count', { tier })
  return { l1: of('l1'), l2: of('l2'), core: of('core') }
}

/** Tells, in percent, which tiers the answers came from. */
function sharesOf(before: TierCounts | undefined, after: TierCounts | undefined): Measurement {
  if (before === undefined || after === undefined) return {}
  const added = {
    l1: after.l1 - before.l1,
    l2: after.l2 - before.l2,
    core: after.core - before.core,
  }
  const all = added.l1 + added.l2 + added.core
  const percent = Object.entries(added).map(([tier, count]) => [
    `answered by ${tier}`,
    (100 * count) / all,
  ])
  return Object.fromEntries(percent)
}

/** Gives the requests of one round after the other: links that are not hot come only once. */
function mixtures(
  set: LinkSet,
  cold: { readonly l2: number; readonly core: number; readonly fromRedis: number },
): () => readonly RateRequest[] {
  let nextL2 = TURN + HOT
  let nextCore = cold.fromRedis
  let draw = 0
  return () =>
    Array.from({ length: cold.core * 100 }, (_, at) => {
      const place = at % 100
      if (place === 50) return named('core', nextCore++, set)
      if (place % 25 === 7) return named('l2', nextL2++, set)
      draw += 1
      return named('l1', TURN + (draw % HOT), set)
    })
}

function named(group: string, index: number, set: LinkSet): RateRequest {
  const text = clickText(plainLink(index, set), index)
  return { group, text: text.replace('\r\n\r\n', `\r\nX-Bench-Group: ${group}\r\n\r\n`) }
}

function reportOf(found: Samples): Report {
  const pairs: readonly Ratio[] = [
    {
      what: 'p95 of an L2 hit ÷ p95 of a bare GET by ioredis',
      value: found.ratio(L2, GET, 'p95'),
      target: { atMost: 3 },
    },
    {
      what: 'p95 of a core lookup ÷ p95 of a bare gRPC echo',
      value: found.ratio(CORE, ECHO, 'p95'),
      target: { atMost: 3 },
    },
  ]
  const own = (quantile: string, atMost: number): Ratio => ({
    what: `own time ${quantile}, mix of 95 % L1, 4 % L2, 1 % core`,
    value: found.median(MIX, `all ${quantile}`),
    unit: 'ms',
    target: { atMost },
  })
  const names = ['', 'all ', 'l1 ', 'l2 ', 'core '].flatMap((group) =>
    ['p50', 'p95', 'p99'].map((quantile) => [`${group}${quantile}`, 'ms']),
  )
  const shares = ['l1', 'l2', 'core'].map((tier) => [`answered by ${tier}`, '%'])
  return {
    kind: 'measured',
    ratios: [...pairs, own('p50', 0.5), own('p95', 3)],
    figures: found.figures(Object.fromEntries([...names, ...shares, ['failed', '']])),
    notes: [
      `Own time runs inside the real edge from the head of a request being read to its answer being handed to the socket; the bare GET and echo are timed inside a bare node:http server under the same load, without its HTTP.`,
      `The edges of the first two ratios keep one link in L1, so that every request goes below; Redis, core and the load share the other core.`,
    ],
  }
}
