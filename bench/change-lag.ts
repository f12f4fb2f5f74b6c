import { startApiCore, type BenchApiCore } from './harness/api-core.ts'
import { atRate, inParallel } from './harness/at-rate.ts'
import { startBenchEdge, type BenchEdge } from './harness/edge.ts'
import { headerOf, requestOnce } from './harness/http-connection.ts'
import { quantileBetween, scrape } from './harness/prometheus.ts'
import type { BenchContext, Comparison, Ratio, Report } from './harness/report.ts'
import { clickText } from './harness/requests.ts'
import { interleave, type Measurement, type Samples } from './harness/rounds.ts'
import { latenciesOf } from './harness/statistics.ts'

const EDGES = 3
const LINKS = 1_000
const WRITES_PER_S = 200
const HISTOGRAM = 'fingerpost_edge_change_lag_seconds'
const PLAIN = 'plain writes'
const WAITING = 'writes with ?wait=edge'
// Every so many writes all edges are asked what they serve now.
const LOOK_EVERY = 20

/** How soon a change is served by every edge. */
export const CHANGE_LAG: Comparison = {
  name: 'change-lag',
  title: `${EDGES} edges, ${WRITES_PER_S} writes/s through api-core`,
  needs: [],
  run: measureChangeLag,
}

async function measureChangeLag(context: BenchContext): Promise<Report> {
  const { directory, rounds, seconds, say } = context
  await using stack = new AsyncDisposableStack()
  const core = stack.use(await startApiCore(directory))
  const edges: BenchEdge[] = []
  for (let index = 0; index < EDGES; index += 1) {
    const dataDir = `${directory}/edge-${index}`
    edges.push(
      stack.use(await startBenchEdge({ corePort: core.grpcPort, dataDir, core: undefined })),
    )
  }
  const ids: string[] = []
  await inParallel({ count: LINKS, concurrency: 8 }, async (index) => {
    ids[index] = await core.createLink(slugOf(index), destination(0).destination_url)
  })
  const [first] = edges
  const [id] = ids
  if (first === undefined || id === undefined) throw new Error('There is no edge or no link.')
  const wait = await core.call('PATCH', `/links/${id}?wait=edge`, destination(0))
  const canWait = wait.status === 200
  const hasHistogram = (await scrape(first.opsPort)).has(HISTOGRAM)
  if (!canWait && !hasHistogram) {
    return {
      kind: 'not_available',
      reason: `no edge has ${HISTOGRAM}, and api-core answered ${wait.status} to ?wait=edge`,
    }
  }
  const measure = (query: string) => () => writes({ core, edges, ids, seconds, query })
  const subjects = [
    { name: PLAIN, measure: measure('') },
    ...(canWait ? [{ name: WAITING, measure: measure('?wait=edge') }] : []),
  ]
  const found = await interleave(subjects, rounds, say)
  return reportOf(found, { canWait, hasHistogram, waitStatus: wait.status })
}

// Goes on from round to round, so that a destination tells which write it is from.
let writeNumber = 0

async function writes(options: {
  readonly core: BenchApiCore
  readonly edges: readonly BenchEdge[]
  readonly ids: readonly string[]
  readonly seconds: number
  readonly query: string
}): Promise<Measurement> {
  const { core, edges, ids, seconds, query } = options
  const before = await Promise.all(edges.map((edge) => scrape(edge.opsPort)))
  const durations: number[] = []
  let failed = 0
  let outdated = 0
  let unanswered = 0
  await atRate({ ratePerS: WRITES_PER_S, seconds }, async (index) => {
    writeNumber += 1
    const written = writeNumber
    const link = written % ids.length
    const startedAt = performance.now()
    const path = `/links/${ids[link]}${query}`
    const { status } = await core.call('PATCH', path, destination(written))
    durations.push(performance.now() - startedAt)
    if (status !== 200) failed += 1
    else if (query !== '' && index % LOOK_EVERY === 0) {
      const request = clickText({ hostname: core.hostname, path: `/${slugOf(link)}` }, index)
      const answers = await Promise.all(edges.map(({ port }) => requestOnce(port, request)))
      const served = answers.map((answer) => writtenIn(headerOf(answer, 'location')))
      // Why "below" and not "other": somebody may have written the same link again meanwhile.
      outdated += served.filter((write) => write !== undefined && write < written).length
      unanswered += served.filter((write) => write === undefined).length
    }
  })
  const after = await Promise.all(edges.map((edge) => scrape(edge.opsPort)))
  const lags = [0.5, 0.99].map((quantile) =>
    Math.max(
      ...edges.map((_edge, index) => {
        const [one, other] = [before[index], after[index]]
        if (one === undefined || other === undefined) return NaN
        return 1000 * quantileBetween(one, other, { name: HISTOGRAM, labels: {}, quantile })
      }),
    ),
  )
  const { p50, p99, max } = latenciesOf(durations)
  return {
    p50,
    p99,
    max,
    failed,
    'lag p50': lags[0] ?? NaN,
    'lag p99': lags[1] ?? NaN,
    'outdated answers afterwards': outdated,
    'no redirect afterwards': unanswered,
  }
}

function reportOf(
  found: Samples,
  facts: { readonly canWait: boolean; readonly hasHistogram: boolean; readonly waitStatus: number },
): Report {
  const { canWait, hasHistogram, waitStatus } = facts
  const lag: readonly Ratio[] = [
    {
      what: 'change lag p99, of the slowest edge',
      value: found.median(PLAIN, 'lag p99'),
      unit: 'ms',
      target: { atMost: 50 },
    },
  ]
  const waiting: readonly Ratio[] = [
    {
      what: 'writes with ?wait=edge, p99',
      value: found.median(WAITING, 'p99'),
      unit: 'ms',
      target: { atMost: 100 },
    },
    {
      what: 'outdated answers after ?wait=edge',
      value: Math.max(...found.values(WAITING, 'outdated answers afterwards')),
      target: { atMost: 0 },
    },
  ]
  const units = {
    p50: 'ms',
    p99: 'ms',
    max: 'ms',
    'lag p50': 'ms',
    'lag p99': 'ms',
    failed: '',
    'no redirect afterwards': '',
  }
  return {
    kind: 'measured',
    ratios: [...(hasHistogram ? lag : []), ...(canWait ? waiting : [])],
    figures: found.figures(units),
    notes: [
      `The lag is what the edges' own ${HISTOGRAM} says, from commit to applied; quantiles are estimated within its buckets.`,
      ...(hasHistogram ? [] : [`Lag: not available, no edge has ${HISTOGRAM}.`]),
      ...(canWait ? [] : [`?wait=edge: not available, api-core answered ${waitStatus}.`]),
    ],
  }
}

function slugOf(index: number): string {
  return `lag-${index}`
}

function destination(write: number): { readonly destination_url: string } {
  return { destination_url: `https://www.example.com/articles/${write}` }
}

/** Tells which write made a destination; undefined: it is none of ours. */
function writtenIn(url: string | undefined): number | undefined {
  const digits = /\/articles\/(\d+)$/.exec(url ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
