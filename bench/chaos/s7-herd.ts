import { join } from 'node:path'
import { startBenchEdge, warm } from '../harness/edge.ts'
import { scrape } from '../harness/prometheus.ts'
import { startMapCore } from '../harness/start-map-core.ts'
import { ClientConnection } from './harness/client-connection.ts'
import { linkRequest } from './harness/link-requests.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'

const REQUESTS_PER_KEY = 50
// Why: an edge has at most 250 lookups under way on one hostname, and a well-behaved one can then
// serve all of them. 20 keys at once are 1,000 connections.
const KEYS_AT_ONCE = 20
const LOOKUP_MS = 20

/** S7: many visitors at once for links that an edge does not know yet. */
export const S7: Row = {
  name: 'S7',
  title: 'a herd of visitors for cold links',
  goal: '1.00 lookups in core for each link, 0 failed',
  run,
}

async function run({ directory, isShort, say }: RowContext): Promise<Finding> {
  const keys = isShort ? 2_000 : 10_000
  // Why one more: it makes the hostname known.
  const set = { links: keys + 1, hostnames: 1 }
  await using core = await startMapCore(set, { core: undefined, lookupMs: LOOKUP_MS })
  await using edge = await startBenchEdge({
    corePort: core.grpcPort,
    dataDir: join(directory, 'edge'),
    core: undefined,
  })
  await warm(edge.port, [keys], set)
  const before = await core.counts()
  const herd = new Herd(edge.port)
  say(`${keys} links, ${REQUESTS_PER_KEY} requests at once for each`)
  for (let from = 0; from < keys; from += KEYS_AT_ONCE) {
    await herd.ask(from, Math.min(keys, from + KEYS_AT_ONCE), set)
  }
  herd[Symbol.dispose]()
  const lookups = (await core.counts()).lookups - before.lookups
  const refused = (await scrape(edge.opsPort)).sum('fingerpost_edge_lookups_refused_total')
  const figure = lookups / keys
  return {
    kind: 'measured',
    figure,
    unit: 'lookups in core / links',
    pass: figure === 1 && herd.notRight === 0,
    facts: {
      links: keys,
      requests: keys * REQUESTS_PER_KEY,
      concurrent: KEYS_AT_ONCE * REQUESTS_PER_KEY,
      core_answers_after_ms: LOOKUP_MS,
      lookups,
      not_right: herd.notRight,
      refused,
    },
  }
}

class Herd implements Disposable {
  notRight = 0
  readonly #connections: ClientConnection[]
  readonly #port: number

  constructor(port: number) {
    this.#port = port
    this.#connections = Array.from(
      { length: KEYS_AT_ONCE * REQUESTS_PER_KEY },
      () => new ClientConnection({ port }),
    )
  }

  /** Asks for each link on many connections at once, and waits for all answers. */
  async ask(
    from: number,
    to: number,
    set: { readonly links: number; readonly hostnames: number },
  ): Promise<void> {
    await Promise.all(
      this.#connections.map((_, place) => {
        const index = from + (place % KEYS_AT_ONCE)
        return index < to ? this.#askOne(place, linkRequest(index, set, 'cold')) : Promise.resolve()
      }),
    )
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection[Symbol.dispose]()
  }

  async #askOne(place: number, request: ReturnType<typeof linkRequest>): Promise<void> {
    const connection = this.#usableAt(place)
    const { promise, resolve } = Promise.withResolvers<void>()
    connection.send(request.text, (answer) => {
      if (request.judge(answer) !== 'right') this.notRight += 1
      resolve()
    })
    await promise
  }

  #usableAt(place: number): ClientConnection {
    const present = this.#connections[place]
    if (present?.isUsable === true) return present
    const made = new ClientConnection({ port: this.#port })
    this.#connections[place] = made
    return made
  }
}
