import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { SERVER_LIMITS, type ServerLimits } from '../src/server-limits.ts'
import { request } from './support/raw-client.ts'
import { DEFAULT_LIMITS, startTestEdge } from './support/test-edge.ts'

const HOSTNAME = 'links.example.com'
const ANSWER = /^HTTP\/1\.1 302 Found\r\n[^]*Connection: close\r\n[^]*\r\n\r\n$/

async function startEdge(limits: Partial<ServerLimits> = {}) {
  const edge = await startTestEdge(DEFAULT_LIMITS, { ...SERVER_LIMITS, ...limits })
  edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  edge.core.givenLink({ hostname: HOSTNAME, slug: 'spring', destination: 'https://example.com/' })
  await edge.caughtUp()
  const served: Socket[] = []
  edge.server.on('connection', (socket: Socket) => served.push(socket))
  return Object.assign(edge, { served })
}

/** Sends the head of a request with a body, and waits for its answer. */
async function sendHead(port: number, method: string, length: number) {
  const socket = connect(port, '127.0.0.1')
  const said = { text: '', errors: [] as unknown[] }
  socket.setEncoding('latin1').on('data', (text: string) => (said.text += text))
  socket.on('error', (error) => said.errors.push(error))
  const closed = closeOf(socket)
  socket.write(
    `${method} /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\nContent-Length: ${length}\r\n\r\n`,
  )
  await once(socket, 'data')
  return { socket, said, closed }
}

for (const method of ['GET', 'HEAD', 'POST']) {
  t.test(`${method}: the answer does not wait for the body, but the end does`, async (t) => {
    await using edge = await startEdge()
    const { socket, said, closed } = await sendHead(edge.port, method, 300_000)
    t.equal((await request(edge.port, HOSTNAME, '/spring')).status, 302)
    t.equal(socket.readableEnded, false, 'still open')
    for (const octets of [100_000, 200_000]) socket.write(Buffer.alloc(octets, 'x'))
    await closed
    t.match(said.text, method === 'POST' ? /^HTTP\/1\.1 405 [^]*<\/html>\s*$/ : ANSWER)
    t.same(said.errors, [])
    t.equal(edge.served[0]?.destroyed, true)
  })
}

t.test('a body is read up to a limit, and the connection ends after a while', async (t) => {
  const discard = { octetsMax: 100_000, msMax: 300 }
  await using edge = await startEdge({ discard })
  const startedMs = performance.now()
  const { socket, said, closed } = await sendHead(edge.port, 'GET', 50_000_000)
  socket.write(Buffer.alloc(50_000_000, 'x'))
  await closed
  t.ok(performance.now() - startedMs >= discard.msMax)
  const read = edge.served[0]?.bytesRead ?? 0
  const buffersMax = 300_000
  t.ok(read >= discard.octetsMax && read < discard.octetsMax + buffersMax, `${read} octets read`)
  t.match(said.text, ANSWER)
})

t.test('a body that never comes gets no second answer', async (t) => {
  const options = { ...SERVER_LIMITS.options, requestTimeout: 100, headersTimeout: 100 }
  const discard = { ...SERVER_LIMITS.discard, msMax: 10_000 }
  await using edge = await startEdge({
    options: { ...options, connectionsCheckingInterval: 20 },
    discard,
  })
  const { said, closed } = await sendHead(edge.port, 'GET', 9)
  await closed
  t.match(said.text, ANSWER)
})

t.test('a sender that goes away between its answer and its body harms nobody', async (t) => {
  await using edge = await startEdge()
  const { socket } = await sendHead(edge.port, 'GET', 9)
  const ended = closeOf(edge.served[0] ?? socket)
  socket.resetAndDestroy()
  await ended
  t.equal((await request(edge.port, HOSTNAME, '/spring')).status, 302)
  t.same(edge.errors, [])
})

// Why not once(): that one rejects when an error comes before the end.
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.on('close', () => resolve()))
}
