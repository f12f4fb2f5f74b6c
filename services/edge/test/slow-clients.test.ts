import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import t from 'tap'
import { SERVER_LIMITS, type ServerLimits } from '../src/server-limits.ts'
import { request, sendRaw } from './support/raw-client.ts'
import { DEFAULT_LIMITS, startTestEdge, until } from './support/test-edge.ts'

const HOSTNAME = 'links.example.com'

async function edgeWithLimits(limits: Partial<ServerLimits>) {
  const edge = await startTestEdge(DEFAULT_LIMITS, { ...SERVER_LIMITS, ...limits })
  edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  edge.core.givenLink({ hostname: HOSTNAME, slug: 'spring', destination: 'https://example.com/' })
  await edge.caughtUp()
  return edge
}

/** Connects and gives what came until the other side ended the connection. */
async function dial(port: number): Promise<{ socket: Socket; ended: Promise<string> }> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => (received += text))
  socket.on('error', () => socket.destroy())
  const ended = once(socket, 'close').then(() => received)
  await once(socket, 'connect')
  return { socket, ended }
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))
}

t.test('limits that protect against slow clients are set, and fit together', async (t) => {
  const { options, socketIdleMsMax } = SERVER_LIMITS
  const { headersTimeout = 0, requestTimeout = 0, keepAliveTimeout = 0 } = options
  t.ok(headersTimeout > 0 && headersTimeout <= requestTimeout)
  t.ok(keepAliveTimeout > 60_000, 'longer than Caddy keeps an idle connection')
  t.ok(socketIdleMsMax > keepAliveTimeout)
})

t.test(
  'a head or a body that takes too long ends with 408, an unused connection in silence',
  async (t) => {
    const options = {
      ...SERVER_LIMITS.options,
      headersTimeout: 200,
      requestTimeout: 300,
      connectionsCheckingInterval: 50,
    }
    await using edge = await edgeWithLimits({ options })
    const unused = await dial(edge.port)
    const slowHead = await dial(edge.port)
    slowHead.socket.write(`GET /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\n`)
    const later = await dial(edge.port)
    later.socket.write(`GET /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\nGET /`)
    t.equal(await unused.ended, '')
    t.match(await slowHead.ended, /^HTTP\/1\.1 408 Request Timeout\r\nConnection: close\r\n/)
    t.match(await later.ended, /^HTTP\/1\.1 302 Found[^]*HTTP\/1\.1 408 Request Timeout/)
    t.equal((await request(edge.port, HOSTNAME, '/spring')).status, 302)
  },
)

t.test('a connection on which nothing moves is closed', async (t) => {
  const options = { ...SERVER_LIMITS.options, keepAliveTimeout: 10, keepAliveTimeoutBuffer: 0 }
  await using edge = await edgeWithLimits({ options, socketIdleMsMax: 100 })
  const idle = await dial(edge.port)
  idle.socket.write(`GET /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`)
  t.match(await idle.ended, /^HTTP\/1\.1 302 Found/)
  const release = edge.core.hold('lookupLink')
  const waiting = await dial(edge.port)
  waiting.socket.write(`GET /cold HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`)
  t.equal(await waiting.ended, '')
  release()
})

t.test('a client that asks on and on and reads nothing is cut off', async (t) => {
  await using edge = await edgeWithLimits({ socketIdleMsMax: 200 })
  const socket = connect(edge.port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  socket.pause()
  const get = `GET /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`
  // Why so many: their answers are more than the system takes off the edge's hands.
  socket.write(get.repeat(100_000))
  await once(edge.server, 'connection')
  while ((await connectionsOf(edge.server)) > 0) await setTimeout(10)
  socket.destroy()
  t.equal((await request(edge.port, HOSTNAME, '/spring')).status, 302)
})

t.test('a connection with too many requests that wait for lookups is closed', async (t) => {
  await using edge = await edgeWithLimits({ awaitedMax: 3 })
  const release = edge.core.hold('lookupLink')
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`
  const many = await dial(edge.port)
  many.socket.write(['/a', '/b', '/c', '/d'].map(get).join(''))
  t.equal(await many.ended, '')
  const few = sendRaw(edge.port, ['/a', '/b', '/c'].map(get).join(''), { count: 3 })
  await once(edge.server, 'connection')
  release()
  t.equal((await few).responses.length, 3)
})

t.test('what asks for a tunnel while an answer is awaited is not answered instead', async (t) => {
  await using edge = await edgeWithLimits({})
  const release = edge.core.hold('lookupLink')
  const { socket, ended } = await dial(edge.port)
  const get = `GET /cold HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`
  socket.write(`${get}CONNECT ${HOSTNAME}:443 HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`)
  t.equal(await ended, '')
  release()
  await until(() => edge.core.calls.lookupLink === 1)
  t.equal(edge.clicked.length, 0)
})

t.test(
  'connections beyond the limit are dropped and counted, and there is room again',
  async (t) => {
    await using edge = await edgeWithLimits({ connectionsMax: 2 })
    const first = await dial(edge.port)
    const second = await dial(edge.port)
    const third = await dial(edge.port)
    t.equal(await third.ended, '')
    t.equal(await edge.sample('edge_connections_dropped_total'), 1)
    first.socket.destroy()
    second.socket.destroy()
    while ((await connectionsOf(edge.server)) > 0) await setImmediate()
    t.equal((await request(edge.port, HOSTNAME, '/spring')).status, 302)
  },
)

t.test('clients that go away while they wait harm nobody', async (t) => {
  await using edge = await edgeWithLimits({})
  const release = edge.core.hold('lookupLink')
  for (const body of ['', 'Content-Length: 10\r\n']) {
    const { socket } = await dial(edge.port)
    socket.write(`GET /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\n${body}\r\nabc`)
    await once(edge.server, 'request')
    socket.resetAndDestroy()
  }
  const staying = sendRaw(edge.port, `GET /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`)
  await once(edge.server, 'request')
  release()
  t.match(await staying, { responses: [{ status: 302 }] })
  t.same(edge.errors, [])
  await until(() => edge.core.calls.lookupLink === 1)
})
