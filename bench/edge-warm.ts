import { clickText } from './harness/requests.ts'
import { headerTemplate, sameAnswers } from './harness/answers.ts'
import { range, startBenchEdge, warm } from './harness/edge.ts'
import { plainLink, type LinkSet } from './harness/links.ts'
import { startNode } from './harness/processes.ts'
import type { BenchContext, Comparison, Report } from './harness/report.ts'
import { interleave } from './harness/rounds.ts'
import { startMapCore } from './harness/start-map-core.ts'
import { zipfClicks } from './harness/requests.ts'
import { runWrk, writeRequests } from './harness/wrk.ts'
import { startBenchCaddy } from './subjects/caddy.ts'
import { startNginx } from './subjects/nginx.ts'

const HOSTNAMES = 20
const CONNECTIONS = 64
const SAMPLES = 50
const EDGE = 'edge'
const BARE = 'bare node:http + lru-cache'
const FASTIFY = 'minimal Fastify'
const NGINX = 'nginx map'
const CADDY = 'Caddy redir'

/** Warm redirects without a proxy in front: what the edge's own work costs. */
export const EDGE_WARM: Comparison = {
  name: 'edge-warm',
  title: 'warm redirects, one worker, metrics and click counting on',
  needs: ['wrk', 'nginx', 'caddy', 'taskset'],
  run: measureEdgeWarm,
}

async function measureEdgeWarm(context: BenchContext): Promise<Report> {
  const set: LinkSet = { links: context.links ?? 100_000, hostnames: HOSTNAMES }
  const { cores, directory, seconds, say } = context
  await using stack = new AsyncDisposableStack()
  const core = stack.use(await startMapCore(set, { core: cores.load }))
  const edge = stack.use(
    await startBenchEdge({
      corePort: core.grpcPort,
      dataDir: directory,
      core: cores.server,
      settings: { EDGE_L1_ENTRIES_MAX: String(2 * set.links) },
    }),
  )
  const sample = clickText(plainLink(0, set), 0)
  const { headers, cacheControl } = await headerTemplate(edge.port, sample)
  const node = async (name: string, script: string): Promise<number> => {
    const options = { ...set, headers }
    const { program, ready } = await startNode({ name, script, options, core: cores.server })
    stack.use(program)
    return Number(ready['port'])
  }
  const bare = await node('bare-http', 'bench/subjects/bare-http.ts')
  const fastify = await node('minimal-fastify', 'bench/subjects/minimal-fastify.ts')
  const nginx = stack.use(await startNginx({ set, cacheControl, directory, core: cores.server }))
  const caddy = stack.use(
    await startBenchCaddy({
      upstream: { kind: 'own_redirect' },
      askPort: core.askPort,
      directory,
      core: cores.server,
    }),
  )
  const samples = Array.from({ length: SAMPLES }, (_, index) =>
    clickText(plainLink(index * 7, set), index),
  )
  await sameAnswers(samples, { name: EDGE, port: edge.port }, { name: BARE, port: bare })

  say(`looking up all ${set.links} links once`)
  await warm(edge.port, range(0, set.links), set)
  const requestsFile = await writeRequests(directory, zipfClicks(set))
  const load = (port: number, loadSeconds = seconds) =>
    runWrk({
      origin: `http://127.0.0.1:${port}`,
      requestsFile,
      connections: CONNECTIONS,
      seconds: loadSeconds,
      core: cores.load,
    })
  const ports = [
    [EDGE, edge.port],
    [BARE, bare],
    [FASTIFY, fastify],
    [NGINX, nginx.port],
    [CADDY, caddy.httpPort],
  ] as const
  // Why once unmeasured: the first seconds of a process are its compiler's.
  for (const [, port] of ports) await load(port, Math.min(2, seconds))
  const before = await core.counts()
  const subjects = ports.map(([name, port]) => ({ name, measure: () => load(port) }))
  const found = await interleave(subjects, context.rounds, say)
  const after = await core.counts()
  const sent = found.values(EDGE, 'requests').reduce((sum, count) => sum + count, 0)
  return {
    kind: 'measured',
    ratios: [
      { what: `edge ÷ ${BARE}`, value: found.ratio(EDGE, BARE, 'rate'), target: { atLeast: 0.85 } },
      {
        what: `edge ÷ ${FASTIFY}`,
        value: found.ratio(EDGE, FASTIFY, 'rate'),
        target: { atLeast: 1 },
      },
      { what: `edge ÷ ${NGINX}`, value: found.ratio(EDGE, NGINX, 'rate') },
      { what: `edge ÷ ${CADDY}`, value: found.ratio(EDGE, CADDY, 'rate') },
    ],
    figures: found.figures({ rate: 'requests/s', p50: 'ms', p99: 'ms' }),
    notes: [
      `${set.links} links on ${HOSTNAMES} hostnames, chosen by Zipf's law; ${CONNECTIONS} keep-alive connections.`,
      `Bare node:http answers the very headers of the edge. Caddy has one redir for all paths: a map of so many is searched from its beginning.`,
      `While measured, core was asked ${after.lookups - before.lookups} lookups and was told of ${after.clicks - before.clicks} clicks of ${sent} sent.`,
    ],
  }
}
