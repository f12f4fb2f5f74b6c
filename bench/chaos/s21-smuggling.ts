import { join } from 'node:path'
import { range, startBenchEdge, warm, type BenchEdge } from '../harness/edge.ts'
import { hostnameAt, plainLink } from '../harness/links.ts'
import { scrape } from '../harness/prometheus.ts'
import { startMapCore, type MapCoreProcess } from '../harness/start-map-core.ts'
import type { CaddyProgram } from '../../test/support/caddies.ts'
import { startChaosCaddy } from './harness/chaos-caddy.ts'
import { ClientConnection, type Destination } from './harness/client-connection.ts'
import { indexBelow, linkRequest } from './harness/link-requests.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { caddiesHere, NO_CADDY } from './harness/tools.ts'
import { octetsFor, SMUGGLING_CASES } from './smuggling/corpus.ts'
import { exchange } from './smuggling/exchange.ts'

const SET = { links: 200, hostnames: 1 }
const VISITS_AFTER_EACH = 8

/** S21: requests that two readers may take for different ones. */
export const S21: Row = {
  name: 'S21',
  title: `${SMUGGLING_CASES.length} ways to smuggle a request through Caddy`,
  goal: '0 desyncs: no redirect of the edge that its sender was not given, or somebody else was',
  run,
}

async function run(context: RowContext): Promise<Finding> {
  const caddies = await caddiesHere()
  if (caddies.length === 0) return NO_CADDY
  await using core = await startMapCore(SET, { core: undefined })
  const parts: Awaited<ReturnType<typeof runCorpus>>[] = []
  // Why only the current one: the corpus takes half a minute with each.
  const chosen = context.isShort ? caddies.slice(-1) : caddies
  for (const caddy of chosen) parts.push(await runCorpus(context, caddy, core))
  const figure = parts.reduce((sum, { desyncs }) => sum + desyncs.length, 0)
  return {
    kind: 'measured',
    figure,
    unit: 'desyncs',
    pass: figure === 0,
    facts: { cases: SMUGGLING_CASES.length, parts },
  }
}

async function runCorpus(
  { directory, random, say }: RowContext,
  program: CaddyProgram,
  core: MapCoreProcess,
) {
  const folder = join(directory, program.version)
  await using edge = await startBenchEdge({
    corePort: core.grpcPort,
    dataDir: join(folder, 'edge'),
    core: undefined,
  })
  await warm(edge.port, range(0, SET.links), SET)
  const hostname = hostnameAt(0)
  await using caddy = await startChaosCaddy(program, {
    directory: join(folder, 'caddy'),
    askPort: core.askPort,
    edgePorts: [edge.port],
    hostnames: [hostname],
  })
  const destination = caddy.destination(hostname)
  const desyncs: string[] = []
  const link = plainLink(0, SET)
  const first = await countsOf(edge)
  let answered = 0
  let redirects = 0
  for (const one of SMUGGLING_CASES) {
    const before = await countsOf(edge)
    const statuses = await exchange(destination, octetsFor(one, link))
    const answeredRedirects = statuses.filter((status) => status === 302).length
    const seen = (await countsOf(edge)).redirects - before.redirects
    if (seen !== answeredRedirects) {
      desyncs.push(`${one.name}: ${seen} redirects of the edge, answers ${statuses.join(' ')}`)
    }
    answered += statuses.length
    const strangers = await visit(destination, random)
    if (strangers > 0) desyncs.push(`${one.name}: ${strangers} visitors got another answer`)
    redirects += answeredRedirects + VISITS_AFTER_EACH
  }
  const last = await countsOf(edge)
  const late = last.redirects - first.redirects - redirects
  if (late !== 0) desyncs.push(`all together: ${late} redirects that nobody was given`)
  say(`${program.name}: ${answered} answers, ${desyncs.length} desyncs`)
  return {
    caddy: program.version,
    answers: answered,
    redirects_of_hidden: redirects - SMUGGLING_CASES.length * VISITS_AFTER_EACH,
    seen_by_edge: last.all - first.all - SMUGGLING_CASES.length * VISITS_AFTER_EACH,
    desyncs,
  }
}

/** Visits links on new connections, and gives how many visitors did not get the own answer. */
async function visit(destination: Destination, random: () => number): Promise<number> {
  const visits = Array.from({ length: VISITS_AFTER_EACH }, async () => {
    const request = linkRequest(indexBelow(SET.links, random), SET, 'visitor')
    using connection = new ClientConnection(destination)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    connection.send(request.text, (answer) => resolve(request.judge(answer) === 'right'))
    return await promise
  })
  return (await Promise.all(visits)).filter((isRight) => !isRight).length
}

type Counts = { readonly all: number; readonly redirects: number }

async function countsOf(edge: BenchEdge): Promise<Counts> {
  const metrics = await scrape(edge.opsPort)
  const name = 'fingerpost_edge_request_duration_seconds_count'
  return { all: metrics.sum(name), redirects: metrics.sum(name, { outcome: 'redirect' }) }
}
