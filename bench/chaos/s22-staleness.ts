import { join } from 'node:path'
import { latenciesOf } from '../harness/statistics.ts'
import { range, startBenchEdge, warm, type BenchEdge } from '../harness/edge.ts'
import { plainLink } from '../harness/links.ts'
import { ClientConnection, type ClientAnswer } from './harness/client-connection.ts'
import { getText, indexBelow, linkRequest } from './harness/link-requests.ts'
import { Load, rounded, summaryOf } from './harness/load.ts'
import { RealCore, type MadeLink } from './harness/real-core.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { startCutCore } from './staleness/cut-core.ts'

const SET = { links: 100, hostnames: 2 }
const EDGES = 3
const READ_RATE = 300
const NORMAL_MS_MAX = 1_000
const CUT_MS_MAX = 30_000
const TAKEDOWN_MS_MAX = 5_000
/** Longer than an entry lives, so that the figure is seen even when it is far from the goal. */
const GIVE_UP_MS = 75_000

/** S22: how long an edge may still give the answer from before an edit. */
export const S22: Row = {
  name: 'S22',
  title: `staleness from an edit to every one of ${EDGES} edges`,
  goal: 'p99 at most 1 s; at most 30 s with the change stream cut; takedown at most 5 s',
  run,
}

async function run({ directory, isShort, random, say }: RowContext): Promise<Finding> {
  await using stack = new AsyncDisposableStack()
  const core = stack.use(await RealCore.start(join(directory, 'core')))
  const links = await core.seed(SET)
  const relay = stack.use(await startCutCore(core.grpcPort))
  const edges: BenchEdge[] = []
  for (let index = 0; index < EDGES; index += 1) {
    const edge = await startBenchEdge({
      // The last edge reaches core by the way that can be cut.
      corePort: index === EDGES - 1 ? relay.port : core.grpcPort,
      dataDir: join(directory, `edge-${index}`),
      core: undefined,
    })
    edges.push(stack.use(edge))
    await warm(edge.port, range(0, SET.links), SET)
  }
  const watch = new Watch(core, edges)
  const reading = stack.use(
    new Load({
      destination: { port: edges[0]?.port ?? 0 },
      rate: READ_RATE,
      connectionsMax: 64,
      // Why the second half: the first half is edited, and leads elsewhere then.
      next: () => linkRequest(half + indexBelow(half, random), SET, 'not edited'),
    }),
  )
  const edited = links.filter(({ index }) => index < half - TAKEDOWNS)
  const normal = await watch.editsOf(edited, isShort ? 60 : 300, random)
  say(`${normal.length} edits seen, at most ${rounded(Math.max(...normal))} ms old`)
  const doomed = links.filter(({ index }) => index >= half - TAKEDOWNS && index < half)
  const takedowns = await watch.takedownsOf(doomed)
  say(`${takedowns.length} takedowns seen, after ${rounded(Math.max(...takedowns))} ms at most`)

  relay.cut()
  say('the change stream of one edge is cut')
  const [first] = edited
  if (first === undefined) throw new Error('There is no link to edit.')
  const cutMs = await watch.edit(first, 'https://www.example.com/cut', edges.slice(-1))
  say(`seen after ${rounded(cutMs / 1000)} s`)
  relay.mend()

  const reads = summaryOf(await reading.stop())
  const { p50, p99, max } = latenciesOf(normal)
  const takedownMsMax = Math.max(...takedowns)
  return {
    kind: 'measured',
    figure: rounded(p99),
    unit: 'ms from the answer of the API to the last old answer, p99',
    pass:
      p99 <= NORMAL_MS_MAX &&
      cutMs <= CUT_MS_MAX &&
      takedownMsMax <= TAKEDOWN_MS_MAX &&
      reads.failed + reads.wrong === 0,
    facts: {
      rate: READ_RATE,
      edges: EDGES,
      edits: normal.length,
      p50_ms: rounded(p50),
      max_ms: rounded(max),
      takedowns: takedowns.length,
      takedown_max_ms: rounded(takedownMsMax),
      cut_ms: Math.round(cutMs),
      reads,
    },
  }
}

const half = SET.links / 2
const TAKEDOWNS = 20

/** Changes links and watches every edge until it has seen the change. */
class Watch {
  readonly #core: RealCore
  readonly #edges: readonly BenchEdge[]

  constructor(core: RealCore, edges: readonly BenchEdge[]) {
    this.#core = core
    this.#edges = edges
  }

  /** Edits links again and again; gives the staleness of each edit at the slowest edge. */
  async editsOf(
    links: readonly MadeLink[],
    count: number,
    random: () => number,
  ): Promise<readonly number[]> {
    const durations: number[] = []
    for (let edit = 0; edit < count; edit += 1) {
      const link = links[indexBelow(links.length, random)]
      if (link === undefined) throw new Error('There is no link to edit.')
      durations.push(await this.edit(link, `https://www.example.com/edit-${edit}`, this.#edges))
    }
    return durations
  }

  /** Turns links off; gives for each how long the slowest edge went on redirecting. */
  async takedownsOf(links: readonly MadeLink[]): Promise<readonly number[]> {
    const durations: number[] = []
    for (const link of links) {
      const seen = ({ status }: ClientAnswer): boolean => status === 410
      durations.push(await this.#change(link, { disabled: true }, { seen, edges: this.#edges }))
    }
    return durations
  }

  edit(link: MadeLink, destination: string, edges: readonly BenchEdge[]): Promise<number> {
    const seen = ({ location }: ClientAnswer): boolean => location === destination
    return this.#change(link, { destination_url: destination }, { seen, edges })
  }

  async #change(
    link: MadeLink,
    change: Readonly<Record<string, unknown>>,
    watched: {
      readonly seen: (answer: ClientAnswer) => boolean
      readonly edges: readonly BenchEdge[]
    },
  ): Promise<number> {
    await this.#core.changeLink(link.id, change)
    const storedMs = performance.now()
    const seenMs = await Promise.all(
      watched.edges.map((edge) => untilSeen(edge.port, link, { seen: watched.seen, storedMs })),
    )
    return Math.max(...seenMs)
  }
}

/** Asks one edge again and again, and gives how long after the edit it still gave the old answer. */
async function untilSeen(
  port: number,
  link: MadeLink,
  options: { readonly seen: (answer: ClientAnswer) => boolean; readonly storedMs: number },
): Promise<number> {
  const { hostname, path } = plainLink(link.index, SET)
  using connection = new ClientConnection({ port })
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<ClientAnswer>()
    connection.send(getText(hostname, path), resolve)
    const answer = await promise
    const elapsedMs = performance.now() - options.storedMs
    if (options.seen(answer) || elapsedMs > GIVE_UP_MS) return elapsedMs
    if (!connection.isUsable) throw new Error('The edge has closed the connection.')
  }
}
