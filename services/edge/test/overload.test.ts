import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createLogger } from '@fingerpost/chassis/logger'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { serveCore } from '@fingerpost/contract/core-server'
import { request } from './support/raw-client.ts'
import { eventually, ops, SECRET } from './support/running-edge.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const HOSTNAME = 'links.example.com'
const CONNECTIONS = 4_500
// Why so many: all have to be there before the first lookups are over their time, 10 s.
const AT_ONCE = 100
const OLD_SPACE_MIB = 128

t.test('more waiting requests than memory are refused, and the edge stays up', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'fingerpost-edge-'))
  t.teardown(() => rm(dataDir, { recursive: true }))
  const core = new FakeCore({ now: () => Date.now() })
  core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  for (const slug of ['warm', 'cold']) {
    core.givenLink({ hostname: HOSTNAME, slug, destination: 'https://example.com/' })
  }
  const log = createLogger('core', 'error')
  const server = await serveCore({ core, address: '127.0.0.1:0', secret: SECRET, log })
  t.teardown(() => server[Symbol.asyncDispose]())

  const child = spawn(process.execPath, [`--max-old-space-size=${OLD_SPACE_MIB}`, MAIN], {
    env: {
      FINGERPOST_DATA_DIR: dataDir,
      FINGERPOST_GRPC_TOKEN: SECRET,
      EDGE_ADDR: '127.0.0.1:0',
      EDGE_OPS_ADDR: '127.0.0.1:0',
      EDGE_LOOKUP_MS_MAX: '10000',
      CORE_GRPC_ADDR: `127.0.0.1:${server.port}`,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  while (!said.includes('"started"')) await once(child.stdout, 'data')
  const { edge } = JSON.parse(await readFile(join(dataDir, 'run', 'ports.json'), 'utf8'))
  const ports: { readonly http: number; readonly ops: number } = edge
  const statusOf = async (slug: string) => (await request(ports.http, HOSTNAME, `/${slug}`)).status
  t.equal(await statusOf('warm'), 302)

  const release = core.hold('lookupLink')
  let received = ''
  const sockets: Socket[] = []
  // Why so large: what a waiting request holds on to is what is counted of it.
  const userAgent = `User-Agent: ${'x'.repeat(28_000)}`
  const get = `GET /cold HTTP/1.1\r\nHost: ${HOSTNAME}\r\n${userAgent}\r\n\r\n`
  const warm = new Set<number>()
  while (sockets.length < CONNECTIONS) {
    const socket = connect(ports.http, '127.0.0.1', () => socket.write(get))
    socket.setEncoding('latin1').on('data', (text: string) => (received += text))
    socket.on('error', () => socket.destroy())
    sockets.push(socket)
    if (sockets.length % AT_ONCE !== 0) continue
    warm.add(await statusOf('warm'))
    // Why: memory is looked at each 100 ms, and what comes all at once in between is another matter.
    await setTimeout(50)
  }
  t.same(warm, new Set([302]))
  await eventually(async () => said.includes('"reason":"memory"'), 15_000)
  t.equal(await statusOf('warm'), 302, 'what is known is answered all the same')
  t.equal(await statusOf('other'), 503)
  const { text } = await ops(ports.ops, '/metrics')
  t.match(text, /^fingerpost_edge_shed_total\{reason="memory"\} [1-9]/m)

  release()
  await eventually(async () => said.includes('overload is over'), 15_000)
  t.match(received, 'HTTP/1.1 503 Service Unavailable')
  t.match(received, /Retry-After: 1\r\n/i)
  for (const socket of sockets) socket.destroy()
  t.equal(await statusOf('cold'), 302)
  t.equal(child.exitCode, null)
})
