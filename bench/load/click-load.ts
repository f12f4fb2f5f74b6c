// Clicks as they really are: a new TLS 1.3 connection, one GET, closed. Told what to do as JSON,
// prints what it saw as JSON. A fixed number of clicks is under way at any time.
import { readFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { connect, createSecureContext, type TLSSocket } from 'node:tls'
import { once } from 'node:events'
import { clickHeaders, clickText } from '../harness/requests.ts'
import { latenciesOf } from '../harness/statistics.ts'
import type { ClickLoadOptions, ClickLoadResult } from './click-load-options.ts'

const CLICK_MS_MAX = 5_000
const ALPN = { 'HTTP/1.1': 'http/1.1', 'HTTP/2': 'h2' } as const

const options: ClickLoadOptions = JSON.parse(process.argv[2] ?? '{}')
// Why one for all: reading the root again for each connection costs more than the handshake.
const secureContext = createSecureContext({
  ca: await readFile(options.rootFile, 'utf8'),
  minVersion: 'TLSv1.3',
})
let ticket: Buffer | undefined
let resumed = 0
let failed = 0

console.log('clicking')
if (options.isResumed) ticket = await fetchTicket()
const startedAt = performance.now()
const startedCpu = process.cpuUsage()
const durations: number[] = []
let begun = 0
await Promise.all(Array.from({ length: options.concurrency }, clickOn))
const seconds = (performance.now() - startedAt) / 1000
const { user, system } = process.cpuUsage(startedCpu)
const result: ClickLoadResult = {
  ...latenciesOf(durations),
  failed,
  resumed,
  seconds,
  cpuMs: (user + system) / 1000,
}
console.log(JSON.stringify(result))

async function clickOn(): Promise<void> {
  const endAt = startedAt + options.seconds * 1000
  while (performance.now() < endAt && begun < options.clicksMax) {
    begun += 1
    const clickedAt = performance.now()
    try {
      const status = await click(begun)
      if (status === 302) durations.push(performance.now() - clickedAt)
      else failed += 1
    } catch {
      // Why ignored: that it failed is counted, and what failed is seen at the server.
      failed += 1
    }
  }
}

/** Opens a connection, gets one redirect and closes it; gives the status. */
async function click(draw: number): Promise<number> {
  const path = options.paths[draw % options.paths.length] ?? '/'
  const socket = openTls()
  const timer = setTimeout(() => socket.destroy(), CLICK_MS_MAX)
  try {
    await once(socket, 'secureConnect')
    if (socket.isSessionReused()) resumed += 1
    return options.protocol === 'HTTP/2'
      ? await getByHttp2(socket, path, draw)
      : await getByHttp1(socket, path, draw)
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

function openTls(): TLSSocket {
  return connect({
    port: options.port,
    host: '127.0.0.1',
    servername: options.hostname,
    secureContext,
    ALPNProtocols: [ALPN[options.protocol]],
    ...(ticket !== undefined && { session: ticket }),
  })
}

function getByHttp1(socket: TLSSocket, path: string, draw: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let text = ''
  socket.setEncoding('latin1')
  socket.once('error', reject)
  socket.once('close', () => reject(new Error('The connection was closed before the answer.')))
  socket.on('data', (part: string) => {
    text += part
    const headEnd = text.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0)
    if (text.length >= headEnd + 4 + length) resolve(Number(text.slice(9, 12)))
  })
  socket.write(clickText({ hostname: options.hostname, path }, draw), 'latin1')
  return promise
}

async function getByHttp2(socket: TLSSocket, path: string, draw: number): Promise<number> {
  const origin = `https://${options.hostname}`
  const session = connectHttp2(origin, { createConnection: () => socket })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  session.once('error', reject)
  session.once('close', () => reject(new Error('The session was closed before the answer.')))
  const lowerCase = clickHeaders(draw).map(([name, value]) => [name.toLowerCase(), value])
  const stream = session.request({ ':path': path, ...Object.fromEntries(lowerCase) })
  let status = 0
  stream.once('response', (headers) => (status = Number(headers[':status'])))
  stream.once('error', reject)
  stream.once('end', () => resolve(status))
  stream.resume()
  try {
    return await promise
  } finally {
    session.destroy()
  }
}

/** Gets a ticket for later connections: it comes after the handshake, with the first answer. */
async function fetchTicket(): Promise<Buffer> {
  const socket = openTls()
  const got = once(socket, 'session', { signal: AbortSignal.timeout(CLICK_MS_MAX) })
  await once(socket, 'secureConnect')
  socket.resume()
  const [session] = (await got) as [Buffer]
  socket.destroy()
  return session
}
