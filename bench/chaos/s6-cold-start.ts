import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { range, startBenchEdge, warm, SECRET } from '../harness/edge.ts'
import { plainLink, type LinkSet } from '../harness/links.ts'
import { startMapCore } from '../harness/start-map-core.ts'
import { freePort } from '../../test/support/free-port.ts'
import type { Program } from '../../test/support/program.ts'
import { ClientConnection, type ClientAnswer } from './harness/client-connection.ts'
import { getText, judgeRedirect } from './harness/link-requests.ts'
import { rounded } from './harness/load.ts'
import { startService } from './harness/real-core.ts'
import type { Finding, Row, RowContext } from './harness/row.ts'
import { ChaosRedis } from './harness/redis.ts'
import { redisMissing } from './harness/tools.ts'

const ALL_MS_MAX = 1_000
const GIVE_UP_MS = 5_000
const CONNECTIONS = 32
const SNAPSHOT = 'edge-snapshot.jsonl'

/** S6: an edge that starts while everything it depends on is down. */
export const S6: Row = {
  name: 'S6',
  title: 'a cold start with api-core and Redis down',
  goal: '100 % of the known links served within 1 s of the process start',
  run,
}

async function run({ directory, isShort, say }: RowContext): Promise<Finding> {
  const missing = redisMissing()
  if (missing !== undefined) return missing
  const set = { links: isShort ? 1_000 : 5_000, hostnames: 10 }
  const dataDir = join(directory, 'edge')
  const settings = await learn({ directory, dataDir, set, say })
  const snapshot = await readFile(join(dataDir, SNAPSHOT), 'utf8').catch(() => '')
  say(`api-core and Redis are gone; the snapshot has ${Math.round(snapshot.length / 1024)} KiB`)

  const startedMs = performance.now()
  const starting = startService('edge', settings.env)
  try {
    const served = await askForAll(settings.port, set, startedMs)
    const inTime = served.rightMs.filter((ms) => ms <= ALL_MS_MAX).length
    const figure = (100 * inTime) / set.links
    return {
      kind: 'measured',
      figure: rounded(figure),
      unit: '% of the known links',
      pass: inTime === set.links,
      facts: {
        links: set.links,
        snapshot_octets: snapshot.length,
        accepts_after_ms: rounded(served.acceptsMs),
        last_after_ms: rounded(Math.max(0, ...served.rightMs)),
        ever_right: served.rightMs.length,
        other_answers: served.otherAnswers,
      },
    }
  } finally {
    await stopStarted(starting)
  }
}

/** Lets an edge learn every link, and ends it and all that it got them from. */
async function learn({
  directory,
  dataDir,
  set,
  say,
}: Pick<RowContext, 'directory' | 'say'> & { readonly dataDir: string; readonly set: LinkSet }) {
  const port = await freePort()
  await using redis = await ChaosRedis.start(directory)
  await using core = await startMapCore(set, { core: undefined })
  const env = {
    FINGERPOST_DATA_DIR: dataDir,
    FINGERPOST_GRPC_TOKEN: SECRET,
    CORE_GRPC_ADDR: `127.0.0.1:${core.grpcPort}`,
    EDGE_ADDR: `127.0.0.1:${port}`,
    EDGE_OPS_ADDR: '127.0.0.1:0',
    REDIS_URL: redis.url,
  }
  await using edge = await startBenchEdge({
    corePort: core.grpcPort,
    dataDir,
    core: undefined,
    settings: { EDGE_ADDR: env.EDGE_ADDR, REDIS_URL: env.REDIS_URL },
  })
  await warm(edge.port, range(0, set.links), set)
  say(`an edge has learned ${set.links} links`)
  await edge.program.stop()
  return { port, env }
}

/** Asks for every link until each is right or the time is over. */
async function askForAll(port: number, set: LinkSet, startedMs: number) {
  const acceptsMs = await untilAccepted(port, startedMs)
  const rightMs: number[] = []
  const otherAnswers: Record<string, number> = {}
  const rest = Array.from({ length: set.links }, (_, index) => index)
  const run = async (): Promise<void> => {
    let connection = new ClientConnection({ port })
    for (let index = rest.shift(); index !== undefined; index = rest.shift()) {
      if (performance.now() - startedMs > GIVE_UP_MS) break
      const { hostname, path, destination } = plainLink(index, set)
      if (!connection.isUsable) connection = new ClientConnection({ port })
      const answer = await ask(connection, getText(hostname, path))
      if (judgeRedirect(answer, destination) === 'right') {
        rightMs.push(performance.now() - startedMs)
        continue
      }
      otherAnswers[answer.status] = (otherAnswers[answer.status] ?? 0) + 1
      // Why again: what is not known at once may be known a moment later.
      rest.push(index)
    }
    connection[Symbol.dispose]()
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, run))
  return { acceptsMs, rightMs, otherAnswers }
}

async function untilAccepted(port: number, startedMs: number): Promise<number> {
  for (;;) {
    using connection = new ClientConnection({ port })
    const { status } = await ask(connection, getText('nobody.test', '/'))
    const elapsedMs = performance.now() - startedMs
    if (status !== 0) return elapsedMs
    if (elapsedMs > GIVE_UP_MS) throw new Error('The edge does not accept requests.')
    await delay(5)
  }
}

function ask(connection: ClientConnection, text: string): Promise<ClientAnswer> {
  const { promise, resolve } = Promise.withResolvers<ClientAnswer>()
  connection.send(text, resolve)
  return promise
}

async function stopStarted(starting: Promise<Program>): Promise<void> {
  const program = await starting
  await program.stop()
}
