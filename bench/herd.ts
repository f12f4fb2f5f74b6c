import { startBenchEdge } from './harness/edge.ts'
import { HttpConnection, headerOf, type ConnectionAnswer } from './harness/http-connection.ts'
import { plainLink, type LinkSet } from './harness/links.ts'
import type { BenchContext, Comparison, Report } from './harness/report.ts'
import { clickText } from './harness/requests.ts'
import { interleave, type Measurement } from './harness/rounds.ts'
import { startMapCore, type MapCoreProcess } from './harness/start-map-core.ts'

const REQUESTS = 10_000
const CONNECTIONS = 1_000
const LOOKUP_MS = 200
const EDGE = 'edge'

/** What a link that is suddenly asked for by everybody costs the core. */
export const HERD: Comparison = {
  name: 'herd',
  title: `${REQUESTS} concurrent requests for one cold link`,
  needs: [],
  run: measureHerd,
}

async function measureHerd(context: BenchContext): Promise<Report> {
  // Why a link more: the first one is only there to make the hostname known.
  const set: LinkSet = { links: context.rounds + 1, hostnames: 1 }
  const { directory, rounds, say } = context
  await using core = await startMapCore(set, { core: undefined, lookupMs: LOOKUP_MS })
  await using edge = await startBenchEdge({
    corePort: core.grpcPort,
    dataDir: directory,
    core: undefined,
  })
  let next = 0
  const measure = (): Promise<Measurement> => {
    next += 1
    return stampede(edge.port, plainLink(next, set), core)
  }
  const found = await interleave([{ name: EDGE, measure }], rounds, say)
  const most = (what: string): number => Math.max(...found.values(EDGE, what))
  return {
    kind: 'measured',
    ratios: [
      {
        what: 'core calls for one cold link, one edge process',
        value: most('core calls'),
        target: { atMost: 1 },
      },
      { what: 'wrong or failed answers', value: most('wrong answers'), target: { atMost: 0 } },
    ],
    figures: found.figures({
      'core calls': '',
      'wrong answers': '',
      'until the last answer': 'ms',
    }),
    notes: [
      `${CONNECTIONS} connections with ${REQUESTS / CONNECTIONS} requests in flight on each; core takes ${LOOKUP_MS} ms for a lookup.`,
    ],
  }
}

async function stampede(
  port: number,
  link: { readonly hostname: string; readonly path: string; readonly destination: string },
  core: MapCoreProcess,
): Promise<Measurement> {
  using stack = new DisposableStack()
  const connections = Array.from({ length: CONNECTIONS }, () => stack.use(new HttpConnection(port)))
  const before = await core.counts()
  const startedAt = performance.now()
  let wrong = 0
  const answers = Array.from({ length: REQUESTS }, async (_, index) => {
    const { promise, resolve } = Promise.withResolvers<ConnectionAnswer>()
    connections[index % CONNECTIONS]?.send(clickText(link, index), resolve)
    const answer = await promise
    if (answer.status !== 302 || headerOf(answer, 'location') !== link.destination) wrong += 1
  })
  await Promise.all(answers)
  return {
    'core calls': (await core.counts()).lookups - before.lookups,
    'wrong answers': wrong,
    'until the last answer': performance.now() - startedAt,
  }
}
