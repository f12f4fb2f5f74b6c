import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createLogger } from '@fingerpost/chassis/logger'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { serveCore } from '@fingerpost/contract/core-server'
import { request } from './support/raw-client.ts'
import { eventually, ops, SECRET } from './support/running-edge.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const HOSTNAME = 'links.example.com'
const SLUGS = Array.from({ length: 200 }, (_, index) => `slug-${index}`)
const WAIT_MS_MAX = 15_000

/** Starts core with some links, which can be ended and begun again on the same port. */
async function startCore() {
  const core = new FakeCore({ now: () => Date.now() })
  core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  const linkIds = SLUGS.map((slug) =>
    core.givenLink({ hostname: HOSTNAME, slug, destination: `https://example.com/${slug}` }),
  )
  const log = createLogger('core', 'error')
  const serve = (port: number) =>
    serveCore({ core, address: `127.0.0.1:${port}`, secret: SECRET, log })
  let server = await serve(0)
  const { port } = server
  return {
    core,
    port,
    /** Gives the id of the link of a slug. */
    idOf: (slug: string) => linkIds[SLUGS.indexOf(slug)] ?? '',
    stop: () => server[Symbol.asyncDispose](),
    async restart() {
      server = await serve(port)
    },
  }
}

/** Runs the edge's own main until it has started. */
async function startEdge(dataDir: string, corePort: number) {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      FINGERPOST_DATA_DIR: dataDir,
      FINGERPOST_GRPC_TOKEN: SECRET,
      EDGE_ADDR: '127.0.0.1:0',
      EDGE_OPS_ADDR: '127.0.0.1:0',
      CORE_GRPC_ADDR: `127.0.0.1:${corePort}`,
      EDGE_SNAPSHOT_INTERVAL_MS: '1000',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  while (!said.includes('"started"')) await once(child.stdout, 'data')
  const { edge } = JSON.parse(await readFile(join(dataDir, 'run', 'ports.json'), 'utf8'))
  const ports: { readonly http: number; readonly ops: number } = edge
  const sample = async (name: string): Promise<number> => {
    const { text } = await ops(ports.ops, '/metrics')
    const line = text.split('\n').find((candidate) => candidate.startsWith(`fingerpost_${name} `))
    return Number(line?.split(' ').at(-1))
  }
  return {
    statusOf: async (slug: string) => (await request(ports.http, HOSTNAME, `/${slug}`)).status,
    sample,
    said: () => said,
    async end(signal: 'SIGKILL' | 'SIGTERM') {
      child.kill(signal)
      await exited
    },
  }
}

type Edge = Awaited<ReturnType<typeof startEdge>>

async function statusesOf(edge: Edge): Promise<readonly number[]> {
  return Promise.all(SLUGS.map((slug) => edge.statusOf(slug)))
}

/** Makes every link known to an edge, and waits until its snapshot holds them all. */
async function warm(edge: Edge): Promise<void> {
  t.same(new Set(await statusesOf(edge)), new Set([302]))
  const isThere = async () => (await edge.sample('edge_snapshot_links')) === SLUGS.length
  await eventually(isThere, WAIT_MS_MAX)
}

t.beforeEach(async (t) => {
  t.context.dataDir = await mkdtemp(join(tmpdir(), 'fingerpost-edge-'))
})
t.afterEach((t) => rm(t.context.dataDir, { recursive: true }))

t.test('an edge that is killed and restarted alone still redirects warm links', async (t) => {
  const core = await startCore()
  const first = await startEdge(t.context.dataDir, core.port)
  t.teardown(() => first.end('SIGKILL'))
  await warm(first)
  await first.end('SIGKILL')
  await core.stop()

  const second = await startEdge(t.context.dataDir, core.port)
  t.teardown(() => second.end('SIGKILL'))
  const startedMs = performance.now()
  t.same(new Set(await statusesOf(second)), new Set([302]))
  const tookMs = performance.now() - startedMs
  t.ok(tookMs < 1_000, `${Math.round(tookMs)} ms for all`)
  t.equal(await second.statusOf('never-asked-for'), 503)
  t.match(second.said(), /"links":200,"domains":1,[^\n]*"snapshot loaded"/)
  t.ok((await second.sample('edge_snapshot_age_seconds')) < WAIT_MS_MAX / 1000)
})

t.test('what was taken down does not come back by a crash', async (t) => {
  const core = await startCore()
  const first = await startEdge(t.context.dataDir, core.port)
  t.teardown(() => first.end('SIGKILL'))
  await warm(first)
  core.core.changeLink(core.idOf('slug-7'), { isDisabled: true })
  const isApplied = async () => (await first.sample('edge_change_sequence')) === core.core.sequence
  await eventually(isApplied, WAIT_MS_MAX)
  const path = join(t.context.dataDir, 'edge-snapshot.jsonl')
  const isNoted = async () =>
    !/"slug":"slug-7","destination"/.test(await readFile(path, 'utf8')) ||
    /"kind":"dropped","hostname":"links.example.com","slug":"slug-7"/.test(
      await readFile(path, 'utf8'),
    )
  t.ok((await eventually(isNoted, WAIT_MS_MAX)) < 1_000, 'noted within a second')
  await first.end('SIGKILL')
  await core.stop()

  const second = await startEdge(t.context.dataDir, core.port)
  t.teardown(() => second.end('SIGKILL'))
  t.equal(await second.statusOf('slug-7'), 503)
  t.equal(await second.statusOf('slug-8'), 302)
  await core.restart()
  await eventually(async () => (await second.statusOf('slug-7')) === 410, WAIT_MS_MAX)
  await second.end('SIGTERM')
  await core.stop()

  const third = await startEdge(t.context.dataDir, core.port)
  t.teardown(() => third.end('SIGKILL'))
  t.equal(await third.statusOf('slug-7'), 410, 'a stop writes what is known by then')
  t.equal(await third.statusOf('slug-8'), 302)
})
