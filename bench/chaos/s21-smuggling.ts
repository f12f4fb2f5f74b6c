import { join } from 'node:path'
import { range, startBenchEdge, warm, type BenchEdge } from '../harness/edge.ts'
import { hostnameAt } from '../harness/links.ts'
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
  goal: '0 desyncs: as many requests at the edge as answers of the edge, every visitor gets the own one',
  run,
}

async function run(context: RowContext): Promise<Finding> {
  const caddies = await caddiesHere()
  if (caddies.length === 0) return NO_CADDY
  await using core = await startMapCore(SET, { core: undefined })
  const parts: Awaited<ReturnType<typeof runCorpus>>[] = []
  for (const caddy of caddies) parts.push(await runCorpus(context, caddy, core))
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
  const total = { seen: 0, answered: 0, byCaddy: 0 }
  for (const one of SMUGGLING_CASES) {
    const before = await requestsOf(edge)
    const { fromEdge, fromCaddy, statuses } = await exchange(destination, octetsFor(one, hostname))
    const seen = (await requestsOf(edge)) - before
    total.seen += seen
    total.answered += fromEdge
    total.byCaddy += fromCaddy
    const strangers = await visit(destination, random)
    if (seen !== fromEdge) {
      desyncs.push(`${one.name}: ${seen} at the edge, ${fromEdge} answered (${statuses.join(' ')})`)
    }
    if (strangers > 0) desyncs.push(`${one.name}: ${strangers} visitors got another answer`)
  }
  say(`${program.name}: ${total.seen} requests at the edge, ${desyncs.length} desyncs`)
  return {
    caddy: program.version,
    seen_by_edge: total.seen,
    answered_by_edge: total.answered,
    answered_by_caddy: total.byCaddy,
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

async function requestsOf(edge: BenchEdge): Promise<number> {
  return (await scrape(edge.opsPort)).sum('fingerpost_edge_request_duration_seconds_count')
}
