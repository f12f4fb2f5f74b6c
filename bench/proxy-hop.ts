import { headerTemplate } from './harness/answers.ts'
import { range, startBenchEdge, warm } from './harness/edge.ts'
import { hostnameAt, plainLink, type LinkSet } from './harness/links.ts'
import type { BenchContext, Comparison, Report } from './harness/report.ts'
import { clickText, zipfClicks } from './harness/requests.ts'
import { interleave } from './harness/rounds.ts'
import { startMapCore } from './harness/start-map-core.ts'
import { runWrk, writeRequests } from './harness/wrk.ts'
import { CADDYFILE_NOTE, startBenchCaddy, type BenchCaddy } from './subjects/caddy.ts'
import { startNginx } from './subjects/nginx.ts'

const CONNECTIONS = 64
const HTTP_EDGE = 'HTTP, edge'
const HTTP_NGINX = 'HTTP, static nginx'
const HTTPS_EDGE = 'HTTPS keep-alive, edge'
const HTTPS_NGINX = 'HTTPS keep-alive, static nginx'

/** What is left of the edge's speed behind Caddy: the limit is an upstream that does nothing. */
export const PROXY_HOP: Comparison = {
  name: 'proxy-hop',
  title: 'warm redirects through Caddy, edge against a static nginx upstream',
  needs: ['wrk', 'nginx', 'caddy', 'taskset'],
  run: measureProxyHop,
}

async function measureProxyHop(context: BenchContext): Promise<Report> {
  // Why one hostname: wrk names one in the SNI, and Host has to agree with it.
  const set: LinkSet = { links: context.links ?? 100_000, hostnames: 1 }
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
  const { cacheControl } = await headerTemplate(edge.port, clickText(plainLink(0, set), 0))
  const nginx = stack.use(await startNginx({ set, cacheControl, directory, core: cores.server }))
  const caddyTo = async (port: number): Promise<BenchCaddy> =>
    stack.use(
      await startBenchCaddy({
        upstream: { kind: 'server', port },
        askPort: core.askPort,
        directory,
        core: cores.server,
      }),
    )
  const toEdge = await caddyTo(edge.port)
  const toNginx = await caddyTo(nginx.port)

  say(`looking up all ${set.links} links once`)
  await warm(edge.port, range(0, set.links), set)
  const requestsFile = await writeRequests(directory, zipfClicks(set))
  const load = (scheme: string, port: number, loadSeconds = seconds) =>
    runWrk({
      origin: `${scheme}://${hostnameAt(0)}:${port}`,
      requestsFile,
      connections: CONNECTIONS,
      seconds: loadSeconds,
      core: cores.load,
    })
  const ports = [
    [HTTP_EDGE, 'http', toEdge.httpPort],
    [HTTP_NGINX, 'http', toNginx.httpPort],
    [HTTPS_EDGE, 'https', toEdge.httpsPort],
    [HTTPS_NGINX, 'https', toNginx.httpsPort],
  ] as const
  for (const [, scheme, port] of ports) await load(scheme, port, Math.min(2, seconds))
  const subjects = ports.map(([name, scheme, port]) => ({
    name,
    measure: () => load(scheme, port),
  }))
  const found = await interleave(subjects, context.rounds, say)
  const target = { atLeast: 0.95 }
  return {
    kind: 'measured',
    ratios: [
      {
        what: 'through Caddy, HTTP: edge ÷ static nginx upstream',
        value: found.ratio(HTTP_EDGE, HTTP_NGINX, 'rate'),
        target,
      },
      {
        what: 'through Caddy, HTTPS: edge ÷ static nginx upstream',
        value: found.ratio(HTTPS_EDGE, HTTPS_NGINX, 'rate'),
        target,
      },
    ],
    figures: found.figures({ rate: 'requests/s', p50: 'ms', p99: 'ms' }),
    notes: [
      CADDYFILE_NOTE,
      'Caddy and its upstream share one core, so what the upstream costs is taken from Caddy.',
    ],
  }
}
