import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import t from 'tap'
import { listen } from '@fingerpost/chassis/listen'
import { eventually } from '../../../test/support/eventually.ts'
import { CaddyLogForwarder, UNSENT_OCTETS_MAX } from './caddy-log-forwarder.ts'

const WITHIN = { withinMs: 5_000 }
const OBTAIN = '{"level":"info","logger":"tls.obtain","msg":"obtaining certificate"}'
const FAILED = '{"logger":"tls.issuance.acme.acme_client","msg":"challenge failed"}'

t.test('lines about certificates are sent, and no others', async () => {
  let got = ''
  const server = createServer((socket) => socket.on('data', (data) => (got += String(data))))
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'the test')
  using forwarder = new CaddyLogForwarder({ host: '127.0.0.1', port })
  for (const line of [OBTAIN, '{"logger":"http","msg":"x"}', 'no JSON', FAILED]) {
    forwarder.forward(line)
  }
  await eventually('both are there', () => got === `${OBTAIN}\n${FAILED}\n`, WITHIN)
  server.close()
})

t.test('a reader that hangs costs a bounded amount of memory, and never time', async (t) => {
  const sockets: Socket[] = []
  const server = createServer({ pauseOnConnect: true }, (socket) => sockets.push(socket))
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'the test')
  using forwarder = new CaddyLogForwarder({ host: '127.0.0.1', port })
  forwarder.forward(OBTAIN)
  await once(server, 'connection')
  const long = OBTAIN.replace('"msg"', `"text":"${'x'.repeat(60_000)}","msg"`)
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  for (let line = 0; line < 2_000; line += 1) forwarder.forward(long)
  const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  t.ok(after - before < 20 * UNSENT_OCTETS_MAX)
  for (const socket of sockets) socket.destroy()
  server.close()
})

t.test('a reader that is not there is tried again later', async () => {
  const server = createServer()
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'the test')
  server.close()
  using forwarder = new CaddyLogForwarder({ host: '127.0.0.1', port })
  forwarder.forward(OBTAIN)
  let got = ''
  const later = createServer((socket) => socket.on('data', (data) => (got += String(data))))
  await listen(later, { host: '127.0.0.1', port }, 'the test')
  await eventually(
    'a later line arrives',
    () => {
      forwarder.forward(FAILED)
      return got.includes(FAILED)
    },
    WITHIN,
  )
  later.close()
})
