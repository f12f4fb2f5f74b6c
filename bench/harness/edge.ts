import { mkdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Program } from '../../test/support/program.ts'
import { clickText } from './requests.ts'
import { requestAll } from './http-connection.ts'
import { plainLink, type LinkSet } from './links.ts'
import { scrape } from './prometheus.ts'
import { startNode } from './processes.ts'

/** What every installation of a benchmark shows to its core. */
export const SECRET = 'the-secret-of-a-benchmark'

/** A running edge, as an operator runs it. */
export type BenchEdge = AsyncDisposable & {
  readonly program: Program
  readonly port: number
  readonly opsPort: number
}

/** How to run an edge. */
export type BenchEdgeOptions = {
  readonly corePort: number
  readonly dataDir: string
  readonly core: number | undefined
  /** Settings beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>
  readonly nodeArgs?: readonly string[]
}

const CONNECTED_MS_MAX = 15_000
// Why so few: more lookups at once are only refused.
const WARM_CONNECTIONS = 32
const WARM_PASSES_MAX = 5
const WARM_PAUSE_MS = 1_000

/** Starts one real edge with one worker; settles when it follows the changes of its core. */
export async function startBenchEdge(options: BenchEdgeOptions): Promise<BenchEdge> {
  await mkdir(options.dataDir, { recursive: true })
  const { program, ready } = await startNode({
    name: 'edge',
    script: 'services/edge/src/main.ts',
    core: options.core,
    nodeArgs: options.nodeArgs ?? [],
    env: {
      FINGERPOST_DATA_DIR: options.dataDir,
      FINGERPOST_GRPC_TOKEN: SECRET,
      CORE_GRPC_ADDR: `127.0.0.1:${options.corePort}`,
      EDGE_ADDR: '127.0.0.1:0',
      EDGE_OPS_ADDR: '127.0.0.1:0',
      ...options.settings,
    },
  })
  const { http: port = 0, ops: opsPort = 0 } = portsOf(ready)
  await untilConnected(opsPort)
  return { program, port, opsPort, [Symbol.asyncDispose]: async () => void (await program.stop()) }
}

/** Reads the ports from the line that a service logs when it has started. */
export function portsOf(
  ready: Readonly<Record<string, unknown>>,
): Readonly<Record<string, number>> {
  return ready['ports'] as Readonly<Record<string, number>>
}

/** Waits until an edge follows the changes of its core: until then it trusts nothing for long. */
async function untilConnected(opsPort: number): Promise<void> {
  const deadlineAt = performance.now() + CONNECTED_MS_MAX
  for (;;) {
    const metrics = await scrape(opsPort)
    if (metrics.sum('fingerpost_edge_change_stream_connected') > 0) return
    if (performance.now() > deadlineAt) throw new Error('The edge does not reach its core.')
    await delay(25)
  }
}

/**
 * Lets an edge look up links, so that they are warm. What it refuses because it is busy is asked
 * for again.
 *
 * @throws Error when some are not answered by a redirect in the end
 */
export async function warm(port: number, indices: Iterable<number>, set: LinkSet): Promise<void> {
  let texts: Iterable<string> = textsOf(indices, set)
  for (let pass = 1; ; pass += 1) {
    const refused: string[] = []
    const statuses = new Set<number>()
    await requestAll(port, texts, {
      connections: WARM_CONNECTIONS,
      onAnswer: ({ status }, text) => {
        if (status === 302) return
        refused.push(text)
        statuses.add(status)
      },
    })
    if (refused.length === 0) return
    if (pass === WARM_PASSES_MAX) {
      throw new Error(`${refused.length} links are answered by ${[...statuses].join(', ')}.`)
    }
    await delay(WARM_PAUSE_MS)
    texts = refused
  }
}

/** Gives the numbers from `from` to below `to`. */
export function* range(from: number, to: number): Generator<number> {
  for (let index = from; index < to; index += 1) yield index
}

function* textsOf(indices: Iterable<number>, set: LinkSet): Generator<string> {
  for (const index of indices) yield clickText(plainLink(index, set), index)
}
