import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { createLogger } from '@fingerpost/chassis/logger'
import { Metrics } from '@fingerpost/chassis/metrics'
import { CADDY_CONNECTIONS_MAX, startCaddyLog } from '../src/caddy-log/caddy-log-server.ts'
import { createCaddyLogMetrics } from '../src/metrics.ts'
import type { CaddyEvent } from '../src/rules/caddy-event.ts'
import { CADDY_LINE_OCTETS_MAX } from '../src/rules/caddy-log.ts'

const LOG = createLogger('domain-manager', 'fatal')

function line(hostname: string, msg = 'obtaining certificate'): string {
  return `${JSON.stringify({ level: 'info', ts: 1, logger: 'tls.obtain', msg, identifier: hostname })}\n`
}

async function startServer(t: Test) {
  const stack = new AsyncDisposableStack()
  t.teardown(() => stack.disposeAsync())
  const events: CaddyEvent[] = []
  const registry = new Metrics()
  const gap = Promise.withResolvers<void>()
  let gaps = 0
  const waiting: { count: number; resolve: () => void }[] = []
  const port = await startCaddyLog({ host: '127.0.0.1', port: 0 }, stack, {
    acmeIssuer: 'letsencrypt.org',
    log: LOG,
    metrics: createCaddyLogMetrics(registry),
    onGap() {
      gaps += 1
      gap.resolve()
    },
    onEvent(event) {
      events.push(event)
      for (const { count, resolve } of waiting) if (events.length >= count) resolve()
    },
  })
  return {
    events,
    stack,
    gap: gap.promise,
    gaps: () => gaps,
    metrics: async () => (await registry.scrape()).text,
    async eventsUntil(count: number): Promise<readonly string[]> {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ count, resolve })
      if (events.length < count) await promise
      return events.map(({ hostname }) => hostname)
    },
    async connect(): Promise<Socket> {
      const socket = connect({ host: '127.0.0.1', port })
      t.teardown(() => socket.destroy())
      socket.on('error', () => {})
      await once(socket, 'connect')
      return socket
    },
  }
}

t.test('lines become events in their order, however they are cut', async (t) => {
  const server = await startServer(t)
  const caddy = await server.connect()
  const text = line('a.example.com') + line('b.example.com')
  for (const octet of Buffer.from(text)) caddy.write(Buffer.from([octet]))
  t.same(await server.eventsUntil(2), ['a.example.com', 'b.example.com'])
})

t.test('what is malformed or too long is counted and skipped', async (t) => {
  const server = await startServer(t)
  const caddy = await server.connect()
  caddy.write('no json\n\r\n{"half":\n')
  caddy.write(`{"msg":"${'x'.repeat(CADDY_LINE_OCTETS_MAX)}`)
  caddy.write(`${'y'.repeat(3 * CADDY_LINE_OCTETS_MAX)}"}\n`)
  caddy.write(line('a.example.com', 'acquiring lock') + line('a.example.com'))
  t.same(await server.eventsUntil(1), ['a.example.com'])
  const metrics = await server.metrics()
  t.match(metrics, 'fingerpost_caddy_log_lines_total{outcome="malformed"} 2')
  t.match(metrics, 'fingerpost_caddy_log_lines_total{outcome="too_long"} 1')
  t.match(metrics, 'fingerpost_caddy_log_lines_total{outcome="other"} 1')
  t.match(metrics, 'fingerpost_caddy_log_lines_total{outcome="event"} 1')
})

t.test('a failed attempt is counted by what was wrong', async (t) => {
  const server = await startServer(t)
  const caddy = await server.connect()
  const error = '[a.example.com] Obtain: HTTP 400 urn:ietf:params:acme:error:dns - x'
  const entry = { ts: 1, logger: 'tls.obtain', msg: 'will retry', error, retrying_in: 60 }
  caddy.write(`${JSON.stringify(entry)}\n`)
  await server.eventsUntil(1)
  t.match(await server.metrics(), 'fingerpost_acme_errors_total{type="dns"} 1')
})

t.test('a caddy that comes again is read again', async (t) => {
  const server = await startServer(t)
  const first = await server.connect()
  first.write(line('a.example.com') + line('b.example.com').slice(0, 20))
  await server.eventsUntil(1)
  first.resetAndDestroy()
  const second = await server.connect()
  second.write(line('c.example.com'))
  t.same(await server.eventsUntil(2), ['a.example.com', 'c.example.com'])
})

t.test('the end of a connection that said something is a gap in the log', async (t) => {
  const server = await startServer(t)
  const silent = await server.connect()
  silent.end()
  await once(silent.resume(), 'close')
  const caddy = await server.connect()
  caddy.write(line('a.example.com'))
  await server.eventsUntil(1)
  t.equal(server.gaps(), 0)
  caddy.resetAndDestroy()
  await server.gap
  t.equal(server.gaps(), 1)
})

t.test('no more connections than the maximum are kept, and a stop ends them', async (t) => {
  const server = await startServer(t)
  const sockets = await Promise.all(
    Array.from({ length: CADDY_CONNECTIONS_MAX }, () => server.connect()),
  )
  const oneMore = await server.connect()
  oneMore.resume()
  await once(oneMore, 'close')
  sockets[0]?.write(line('a.example.com'))
  await server.eventsUntil(1)
  const closed = sockets.map((socket) => once(socket.resume(), 'close'))
  await server.stack.disposeAsync()
  await Promise.all(closed)
  t.ok(sockets.every((socket) => socket.destroyed))
})
