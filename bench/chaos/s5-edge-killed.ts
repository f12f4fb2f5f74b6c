import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { range, startBenchEdge, warm, type BenchEdge } from '../harness/edge.ts'
import { hostnameAt } from '../harness/links.ts'
import { startMapCore, type MapCoreProcess } from '../harness/start-map-core.ts'
import type { CaddyProgram } from '../../test/support/caddies.ts'
import { freePort } from '../../test/support/free-port.ts'
import { startChaosCaddy } from './harness/chaos-caddy.ts'
import { indexBelow, linkRequest } from './harness/link-requests.ts'
import { dueBetween, Load, summaryOf, type LoadSummary } from './harness/load.ts'
import { childrenOf } from './harness/process-facts.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { caddiesHere, NO_CADDY } from './harness/tools.ts'

const SET = { links: 500, hostnames: 1 }
const RATE = 2_000

/** S5: one of two edges behind Caddy is killed; and one of two workers of an edge. */
export const S5: Row = {
  name: 'S5',
  title: 'one of two edges behind Caddy is killed, and one of two workers',
  goal: '0 failures that a client sees',
  run,
}

type Part = {
  readonly caddy: string
  readonly killed: 'edge' | 'worker'
  readonly figure: number
  readonly before: LoadSummary
  readonly after: LoadSummary
}

async function run(context: RowContext): Promise<Finding> {
  const caddies = await caddiesHere()
  if (caddies.length === 0) return NO_CADDY
  await using core = await startMapCore(SET, { core: undefined })
  const parts: Part[] = []
  for (const caddy of caddies) {
    for (const killed of ['edge', 'worker'] as const) {
      context.say(`${caddy.name}: one ${killed} is killed`)
      parts.push(await runPart(context, { caddy, core, killed }))
    }
  }
  const figure = parts.reduce((sum, part) => sum + part.figure, 0)
  return {
    kind: 'measured',
    figure,
    unit: 'failed or false answers',
    pass: figure === 0,
    facts: { rate: RATE, parts },
  }
}

async function runPart(
  { directory, isShort, random }: RowContext,
  options: {
    readonly caddy: CaddyProgram
    readonly core: MapCoreProcess
    readonly killed: 'edge' | 'worker'
  },
): Promise<Part> {
  const { caddy: program, core, killed } = options
  const folder = join(directory, `${program.version}-${killed}`)
  await using stack = new AsyncDisposableStack()
  const start = async (name: string, port: number): Promise<BenchEdge> =>
    startBenchEdge({
      corePort: core.grpcPort,
      dataDir: join(folder, name),
      core: undefined,
      settings: {
        EDGE_ADDR: `127.0.0.1:${port}`,
        ...(killed === 'worker' && { EDGE_WORKERS: '2' }),
      },
    })
  const first = stack.use(await start('first', await freePort()))
  const second = killed === 'edge' ? stack.use(await start('second', await freePort())) : undefined
  for (const edge of [first, second]) {
    if (edge !== undefined) await warm(edge.port, range(0, SET.links), SET)
  }
  const caddy = stack.use(
    await startChaosCaddy(program, {
      directory: join(folder, 'caddy'),
      askPort: core.askPort,
      edgePorts: second === undefined ? [first.port] : [first.port, second.port],
      hostnames: [hostnameAt(0)],
    }),
  )
  const load = stack.use(
    new Load({
      destination: caddy.destination(hostnameAt(0)),
      rate: RATE,
      connectionsMax: 128,
      next: () => linkRequest(indexBelow(SET.links, random), SET, 'warm'),
    }),
  )
  await delay(isShort ? 1_500 : 5_000)
  const killedMs = performance.now()
  await killOne(killed, first)
  await delay(isShort ? 2_500 : 8_000)
  if (killed === 'edge') stack.use(await start('first', first.port))
  await delay(isShort ? 1_000 : 3_000)
  const samples = await load.stop()
  const all = summaryOf(samples)
  return {
    caddy: program.version,
    killed,
    figure: all.failed + all.wrong,
    before: summaryOf(dueBetween(samples, 0, killedMs)),
    after: summaryOf(dueBetween(samples, killedMs, Infinity)),
  }
}

async function killOne(what: 'edge' | 'worker', edge: BenchEdge): Promise<void> {
  if (what === 'edge') {
    edge.program.kill('SIGKILL')
    await edge.program.exited
    return
  }
  const [worker] = await childrenOf(edge.program.pid)
  if (worker === undefined) throw new Error('The edge has no workers.')
  process.kill(worker, 'SIGKILL')
}
