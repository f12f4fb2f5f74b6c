import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { missingPrograms } from '../../../../test/support/program.ts'
import { pinnedRequest, type OutgoingRequest } from './pinned-request.ts'

const LIMITS = {
  totalMsMax: 2_000,
  connectMsMax: 1_000,
  headerOctetsMax: 2_048,
  bodyOctetsMax: 16,
}
const PEER = { address: '127.0.0.1', verifiesTls: true, limits: LIMITS }
const NEVER = new AbortController().signal

async function listen(t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

async function serve(t: Test, answer: RequestListener): Promise<number> {
  return listen(t, createServer(answer))
}

/** A peer that says these octets to whoever connects, and then ends or not. */
async function say(t: Test, octets: string, ends: boolean): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.once('data', () => (ends ? socket.end(octets) : socket.write(octets)))
  })
  return listen(t, server)
}

function get(port: number, rest: Partial<OutgoingRequest> = {}): OutgoingRequest {
  const url = new URL(`http://links.example.com:${port}/a?b`)
  return { url, method: 'GET', headers: {}, body: undefined, ...rest }
}

t.test('the given address is connected to, whatever the host is', async (t) => {
  const seen: unknown[] = []
  const port = await serve(t, (request, response) => {
    const { method, url, headers } = request
    seen.push({ method, url, host: headers.host, custom: headers['x-custom'] })
    request.on('data', (chunk: Buffer) => seen.push(chunk.toString()))
    request.on('end', () => response.writeHead(418, { 'x-a': ['1', '2'] }).end('hello'))
  })
  const request = get(port, { method: 'POST', headers: { 'x-custom': 'y' }, body: 'octets' })
  const answer = await pinnedRequest(request, PEER, NEVER)
  t.match(answer, {
    kind: 'answered',
    status: 418,
    headers: { 'x-a': ['1', '2'] },
    body: Buffer.from('hello'),
    isBodyCut: false,
  })
  const host = `links.example.com:${port}`
  t.same(seen, [{ method: 'POST', url: '/a?b', host, custom: 'y' }, 'octets'])
})

t.test('a redirect is an answer and is not followed', async (t) => {
  let count = 0
  const port = await serve(t, (_request, response) => {
    count += 1
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  t.match(await pinnedRequest(get(port), PEER, NEVER), {
    status: 302,
    headers: { location: '/elsewhere' },
  })
  t.equal(count, 1)
})

for (const [octets, isBodyCut] of [
  [16, false],
  [17, true],
] as const) {
  t.test(`of a body of ${octets} octets at most 16 are read`, async (t) => {
    const port = await serve(t, (_request, response) => response.end('x'.repeat(octets)))
    const answer = await pinnedRequest(get(port), PEER, NEVER)
    t.match(answer, { kind: 'answered', body: Buffer.from('x'.repeat(16)), isBodyCut })
  })
}

t.test('a body without an end is cut', async (t) => {
  const port = await serve(t, (_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  })
  t.match(await pinnedRequest(get(port), PEER, NEVER), { isBodyCut: true })
})

const ENDLESS: readonly (readonly [what: string, head: string, more: string])[] = [
  ['interim answers', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ['a chunk extension', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;', 'x'.repeat(64)],
]
for (const [what, head, more] of ENDLESS) {
  t.test(`${what} without an end use up no time`, async (t) => {
    const flood = Buffer.from(more.repeat(1_000))
    const server = createTcpServer((socket) => {
      const write = (): void => {
        while (!socket.destroyed && socket.write(flood));
        if (!socket.destroyed) socket.once('drain', write)
      }
      socket.once('data', () => {
        socket.write(head)
        write()
      })
    })
    const answer = await pinnedRequest(get(await listen(t, server)), PEER, NEVER)
    t.same(answer, { kind: 'failed', what: 'malformed', isConnected: true })
  })
}

t.test('a compressed body is left as it is', async (t) => {
  const packed = gzipSync('x'.repeat(1_000_000)).subarray(0, 16)
  const port = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed)
  })
  t.match(await pinnedRequest(get(port), PEER, NEVER), { body: packed, isBodyCut: false })
})

const FAILURES: readonly (readonly [octets: string, ends: boolean, what: string])[] = [
  ['', true, 'broken'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab', true, 'broken'],
  ['SSH-2.0-OpenSSH_9.9\r\n', true, 'malformed'],
  [`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(4_096)}\r\n\r\n`, true, 'malformed'],
]
for (const [octets, ends, what] of FAILURES) {
  t.test(`a peer that says ${JSON.stringify(octets.slice(0, 40))} is ${what}`, async (t) => {
    const port = await say(t, octets, ends)
    const answer = await pinnedRequest(get(port), PEER, NEVER)
    t.same(answer, { kind: 'failed', what, isConnected: true })
  })
}

for (const octets of ['', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\n\r\nabc']) {
  t.test(`a peer that stops after ${JSON.stringify(octets)} has its time`, async (t) => {
    const port = await say(t, octets, false)
    const limits = { ...LIMITS, totalMsMax: 100 }
    const answer = await pinnedRequest(get(port), { ...PEER, limits }, NEVER)
    t.same(answer, { kind: 'failed', what: 'timeout', isConnected: true })
  })
}

t.test('a port where nobody listens refuses', async (t) => {
  const server = createTcpServer()
  const port = await listen(t, server)
  server.close()
  await once(server, 'close')
  t.same(await pinnedRequest(get(port), PEER, NEVER), {
    kind: 'failed',
    what: 'refused',
    isConnected: false,
  })
})

t.test('an address that this machine has no way to is told apart', async (t) => {
  const peer = { ...PEER, address: '224.0.0.1' }
  const answer = await pinnedRequest(get(80), peer, NEVER)
  t.same(answer, { kind: 'failed', what: 'no_route', isConnected: false })
})

t.test('a caller can give up, before and while it waits', async (t) => {
  const stop = new AbortController()
  const port = await serve(t, () => stop.abort())
  const given = { kind: 'failed', what: 'cancelled' }
  t.match(await pinnedRequest(get(port), PEER, stop.signal), given)
  t.match(await pinnedRequest(get(port), PEER, stop.signal), given)
})

t.test('a server without TLS fails the handshake', async (t) => {
  const port = await say(t, 'HTTP/1.1 400 Bad Request\r\n\r\n', true)
  const url = new URL(`https://links.example.com:${port}/`)
  t.same(await pinnedRequest(get(port, { url }), PEER, NEVER), {
    kind: 'failed',
    what: 'tls',
    isConnected: false,
  })
})

const skip = missingPrograms(['openssl'])
t.test(
  'the host is the server name, and its certificate counts if it is to',
  { skip },
  async (t) => {
    const dir = t.testdir({})
    const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
    const name = ['-subj', '/CN=x', '-addext', 'subjectAltName=DNS:links.example.com']
    const files = ['-keyout', keyFile, '-out', certFile]
    const args = ['req', '-x509', '-nodes', ...curve, ...name, ...files]
    execFileSync('openssl', args, { stdio: 'ignore' })
    const names: unknown[] = []
    const server = createTlsServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) })
    server.on('tlsClientError', () => undefined)
    server.on('secureConnection', (socket: TLSSocket) => {
      names.push(socket.servername)
      socket.on('error', () => socket.destroy())
      socket.once('data', () => socket.end('HTTP/1.1 204 No Content\r\n\r\n'))
    })
    const port = await listen(t, server)
    const request = get(port, { url: new URL(`https://links.example.com:${port}/`) })
    t.same(await pinnedRequest(request, PEER, NEVER), {
      kind: 'failed',
      what: 'tls',
      isConnected: false,
    })
    const careless = { ...PEER, verifiesTls: false }
    t.match(await pinnedRequest(request, careless, NEVER), { kind: 'answered', status: 204 })
    t.equal(names.at(-1), 'links.example.com')
  },
)
