import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { listen } from '@fingerpost/chassis/listen'
import t from 'tap'
import { drain } from '../src/drain.ts'
import { request } from './support/raw-client.ts'
import { eventually, ops, startWholeEdge } from './support/running-edge.ts'
import { visit, type Seen } from './support/visitor.ts'

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
  // Why: before its first change stream an edge asks core whatever it knows.
  const isConnected = async () =>
    /^fingerpost_edge_change_stream_connected 1$/m.test(
      (await ops(whole.ports.ops, '/metrics')).text,
    )
  await eventually(isConnected, 5_000)
  return whole
}

t.test('a stop fails no request of clients that honour the end of a connection', async (t) => {
  await using whole = await servingEdge()
  const seen: Seen = { answers: 0, failures: [] }
  const options = { pauseMs: 0, isEnough: () => false }
  const visitors = Array.from({ length: 30 }, () => visit(whole.ports.http, GET, seen, options))
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

t.test('a connection that is so new that it has not asked yet is answered', async (t) => {
  const clock = new FakeClock()
  const server = createServer((_request, response) => response.end('answer'))
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'TEST')
  const draining = drain(server, { noticeMs: 1_000, finishMsMax: 3_000 }, { clock })
  const accepted = once(server, 'connection')
  const socket = connect(port, '127.0.0.1')
  await accepted
  await clock.advance(1_000)
  t.notOk(server.listening)
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1\.1 200 /)
  const closed = once(socket, 'close')
  await clock.advance(100)
  await closed
  await draining
})
