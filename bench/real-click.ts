import { range, startBenchEdge, warm } from './harness/edge.ts'
import { hostnameAt, plainLink, type LinkSet } from './harness/links.ts'
import { cpuMsOf, runNode } from './harness/processes.ts'
import type { BenchContext, Comparison, Ratio, Report } from './harness/report.ts'
import { clickText } from './harness/requests.ts'
import { interleave, type Measurement, type Samples } from './harness/rounds.ts'
import { startMapCore } from './harness/start-map-core.ts'
import { runWrk, writeRequests } from './harness/wrk.ts'
import type { ClickLoadOptions, ClickLoadResult, ClickProtocol } from './load/click-load-options.ts'
import { startBenchCaddy, type BenchCaddy } from './subjects/caddy.ts'

const PATHS = 1_000
const CONCURRENCY = 16
const CLICKS_MAX = 200_000
const WRK = 'HTTP/1.1, full handshake, by wrk'

type Kind = { readonly protocol: ClickProtocol; readonly isResumed: boolean }

const KINDS: readonly Kind[] = [
  { protocol: 'HTTP/1.1', isResumed: false },
  { protocol: 'HTTP/1.1', isResumed: true },
  { protocol: 'HTTP/2', isResumed: false },
  { protocol: 'HTTP/2', isResumed: true },
]

/** A click as it really is: a new connection for each. */
export const REAL_CLICK: Comparison = {
  name: 'real-click',
  title: "a new TLS 1.3 connection, one GET, closed: edge through Caddy against Caddy's own redir",
  needs: ['caddy', 'taskset', 'wrk'],
  run: measureRealClick,
}

async function measureRealClick(context: BenchContext): Promise<Report> {
  const set: LinkSet = { links: context.links ?? 100_000, hostnames: 1 }
  const { cores, directory, say } = context
  await using stack = new AsyncDisposableStack()
  const core = stack.use(await startMapCore(set, { core: cores.load }))
  const edge = stack.use(
    await startBenchEdge({ corePort: core.grpcPort, dataDir: directory, core: cores.server }),
  )
  const shared = { askPort: core.askPort, directory, core: cores.server }
  const toEdge = stack.use(
    await startBenchCaddy({ ...shared, upstream: { kind: 'server', port: edge.port } }),
  )
  const alone = stack.use(await startBenchCaddy({ ...shared, upstream: { kind: 'own_redirect' } }))
  await warm(edge.port, range(0, PATHS), set)

  const paths = Array.from({ length: PATHS }, (_, index) => plainLink(index, set).path)
  const requestsFile = await writeRequests(
    directory,
    paths.map((path, index) => closingClick(path, index)),
  )
  const byWrk = (name: string, caddy: BenchCaddy, pids: readonly number[]) => ({
    name: `${name}, ${WRK}`,
    measure: () => clicksByWrk({ caddy, pids, requestsFile, context }),
  })
  const ofNode = KINDS.flatMap((kind) => {
    const measure = (caddy: BenchCaddy, pids: readonly number[]) => () =>
      clicks({ caddy, pids, kind, paths, context })
    const pids = [toEdge.program.pid, edge.program.pid]
    return [
      { name: `edge through Caddy, ${nameOf(kind)}`, measure: measure(toEdge, pids) },
      { name: `Caddy's own redir, ${nameOf(kind)}`, measure: measure(alone, [alone.program.pid]) },
    ]
  })
  const subjects = [
    byWrk('edge through Caddy', toEdge, [toEdge.program.pid, edge.program.pid]),
    byWrk("Caddy's own redir", alone, [alone.program.pid]),
    ...ofNode,
  ]
  // Why once unmeasured: the first handshake of a hostname waits for its certificate.
  for (const { measure } of subjects.slice(0, 4)) await measure()
  const found = await interleave(subjects, context.rounds, say)
  return {
    kind: 'measured',
    ratios: [WRK, ...KINDS.map(nameOf)].flatMap((kind) => ratiosOf(kind, found)),
    figures: found.figures({
      rate: 'requests/s',
      'CPU per click': 'ms',
      p50: 'ms',
      p95: 'ms',
      'CPU of the load per click': 'ms',
      'share of its core that the load uses': '',
    }),
    notes: notesOf(found, subjects),
  }
}

async function clicks(options: {
  readonly caddy: BenchCaddy
  readonly pids: readonly number[]
  readonly kind: Kind
  readonly paths: readonly string[]
  readonly context: BenchContext
}): Promise<Measurement> {
  const { caddy, pids, kind, paths, context } = options
  const load: ClickLoadOptions = {
    ...kind,
    port: caddy.httpsPort,
    hostname: hostnameAt(0),
    paths,
    rootFile: caddy.rootFile,
    concurrency: CONCURRENCY,
    seconds: context.seconds,
    clicksMax: CLICKS_MAX,
  }
  const before = await cpuOf(pids)
  const script = 'bench/load/click-load.ts'
  const result = (await runNode(
    { name: 'click-load', script, options: load, core: context.cores.load },
    context.seconds * 1000 + 60_000,
  )) as unknown as ClickLoadResult
  const cpuMs = (await cpuOf(pids)) - before
  if (result.failed > 0 || result.count === 0) {
    throw new Error(`${result.failed} of ${result.count + result.failed} clicks failed.`)
  }
  return {
    rate: result.count / result.seconds,
    'CPU per click': cpuMs / result.count,
    p50: result.p50,
    p95: result.p95,
    'CPU of the load per click': result.cpuMs / result.count,
    'share of its core that the load uses': result.cpuMs / (result.seconds * 1000),
    'resumed share': result.resumed / result.count,
  }
}

/**
 * Clicks by wrk, which needs far less CPU for a click than the subjects do, but can only do full
 * handshakes by HTTP/1.1, and does not time them.
 */
async function clicksByWrk(options: {
  readonly caddy: BenchCaddy
  readonly pids: readonly number[]
  readonly requestsFile: string
  readonly context: BenchContext
}): Promise<Measurement> {
  const { caddy, pids, requestsFile, context } = options
  const before = await cpuOf(pids)
  const { rate = NaN, requests = NaN } = await runWrk({
    origin: `https://${hostnameAt(0)}:${caddy.httpsPort}`,
    requestsFile,
    connections: CONCURRENCY,
    seconds: context.seconds,
    core: context.cores.load,
  })
  return { rate, 'CPU per click': ((await cpuOf(pids)) - before) / requests }
}

function closingClick(path: string, draw: number): string {
  const text = clickText({ hostname: hostnameAt(0), path }, draw)
  return text.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
}

function ratiosOf(kind: string, found: Samples): readonly Ratio[] {
  const [edge, caddy] = [`edge through Caddy, ${kind}`, `Caddy's own redir, ${kind}`]
  return [
    {
      what: `requests/s, ${kind}: edge through Caddy ÷ Caddy's own redir`,
      value: found.ratio(edge, caddy, 'rate'),
      target: { atLeast: 0.85 },
    },
    {
      what: `CPU per click, ${kind}: edge through Caddy ÷ Caddy's own redir`,
      value: found.ratio(edge, caddy, 'CPU per click'),
    },
  ]
}

// Above this the load, and not the subject, may be what is waited for.
const LOAD_SHARE_MAX = 0.9

function notesOf(found: Samples, subjects: readonly { readonly name: string }[]): string[] {
  const busy = subjects
    .map(({ name }) => name)
    .filter((name) => found.median(name, 'share of its core that the load uses') > LOAD_SHARE_MAX)
  const resumed = subjects.flatMap(({ name }) => {
    const share = found.median(name, 'resumed share')
    return Number.isNaN(share) ? [] : [share]
  })
  return [
    `${CONCURRENCY} clicks at a time; certificates are ECDSA P-256; Caddy and the edge share one core.`,
    `Share of clicks that resumed a session, subject by subject without those by wrk: ${resumed.join(', ')}.`,
    busy.length === 0
      ? 'The load by Node had time to spare with every subject.'
      : `The load by Node used its core up with ${busy.join('; ')}: there requests/s is what the load can do, ` +
        'and the CPU per click is the figure to compare.',
  ]
}

function nameOf({ protocol, isResumed }: Kind): string {
  return `${protocol}, ${isResumed ? 'resumed' : 'full'} handshake`
}

async function cpuOf(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map((pid) => cpuMsOf(pid)))
  return each.reduce((sum, ms) => sum + ms, 0)
}
