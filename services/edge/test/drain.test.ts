import { connect } from 'node:net'
import t from 'tap'
import { parseResponses, request } from './support/raw-client.ts'
import { eventually, ops, startWholeEdge } from './support/running-edge.ts'

const HOSTNAME = 'links.example.com'
const GET = `GET /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`

async function servingEdge() {
  // Why so long: a lookup is to last longer than the time of notice.
  const settings = { EDGE_LOOKUP_MS_MAX: '5000' }
  const whole = await startWholeEdge(settings)
  whole.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  whole.core.givenLink({ hostname: HOSTNAME, slug: 'spring', destination: 'https://example.com/' })
  whole.core.givenLink({ hostname: HOSTNAME, slug: 'cold', destination: 'https://example.com/' })
  await whole.serveCore()
  const isServed = async () => (await request(whole.ports.http, HOSTNAME, '/spring')).status === 302
  await eventually(isServed, 5_000)
  return whole
}

/** Sends request after request on one connection until an answer ends it. */
async function visit(port: number, seen: { answers: number; failures: string[] }): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  const ended = Promise.withResolvers<void>()
  let received = Buffer.alloc(0)
  let isAwaiting = true
  socket.write(GET)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    const [response] = parseResponses(received, false)
    if (response === undefined) return
    received = Buffer.alloc(0)
    isAwaiting = false
    seen.answers += 1
    if (response.status !== 302) seen.failures.push(`status ${response.status}`)
    if (response.headers['connection'] === 'close') return
    isAwaiting = true
    socket.write(GET)
  })
  socket.on('error', (error) => seen.failures.push(error.message))
  socket.on('close', () => {
    if (isAwaiting) seen.failures.push('closed while an answer was awaited')
    ended.resolve()
  })
  await ended.promise
}

t.test('a stop fails no request of clients that honour the end of a connection', async (t) => {
  await using whole = await servingEdge()
  const seen = { answers: 0, failures: [] as string[] }
  const visitors = Array.from({ length: 30 }, () => visit(whole.ports.http, seen))
  await eventually(async () => seen.answers > 1_000, 5_000)

  const startedMs = performance.now()
  const stopping = whole.edge[Symbol.asyncDispose]()
  t.match(await ops(whole.ports.ops, '/readyz'), { status: 503, text: /"accepting":false/ })
  const late = await request(whole.ports.http, HOSTNAME, '/spring')
  t.match(late, { status: 302, headers: { connection: 'close' } }, 'not ready, but still accepting')
  await Promise.all(visitors)
  await stopping
  t.same(seen.failures, [])
  t.ok(performance.now() - startedMs < 2_000, `${Math.round(performance.now() - startedMs)} ms`)
  await t.rejects(request(whole.ports.http, HOSTNAME, '/spring'), 'nobody listens any more')
})

t.test('a stop lets a request that waits for core finish, and ends idle connections', async (t) => {
  await using whole = await servingEdge()
  const idle = connect(whole.ports.http, '127.0.0.1')
  const idleEnded = Promise.withResolvers<void>()
  idle.write(GET)
  idle.on('data', () => undefined).on('close', () => idleEnded.resolve())
  const release = whole.core.hold('lookupLink')
  const calls = whole.core.calls.lookupLink
  const waiting = request(whole.ports.http, HOSTNAME, '/cold')
  await eventually(async () => whole.core.calls.lookupLink > calls, 1_000)

  const stopping = whole.edge[Symbol.asyncDispose]()
  await idleEnded.promise
  release()
  t.match(await waiting, { status: 302, headers: { connection: 'close' } })
  await stopping
})
