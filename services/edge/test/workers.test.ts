import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { readPorts } from '@fingerpost/chassis/run-files'
import { listen } from '@fingerpost/chassis/listen'
import t from 'tap'
import { HOSTNAME, isAlive, startEdgeProcesses, sumOf } from './support/edge-processes.ts'
import { request } from './support/raw-client.ts'
import { eventually, ops } from './support/running-edge.ts'
import { visit, type Seen } from './support/visitor.ts'

const GET = `GET /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`
const CLOSING_GET = `GET /summer HTTP/1.1\r\nHost: ${HOSTNAME}\r\nConnection: close\r\n\r\n`
const REDIRECTS = 'edge_request_duration_seconds_count{'
const SETTLE_MS_MAX = 15_000

const get = (port: number) => request(port, HOSTNAME, '/spring')

t.test('connections are spread evenly, and the metrics are those of all', async (t) => {
  await using edge = await startEdgeProcesses()
  const ports = await edge.untilStarted()
  t.same(await readPorts(edge.dataDir), { edge: ports })
  t.equal(edge.lines('started').length, 1)
  t.equal(edge.lines('configured').length, 1)
  await Promise.all([get(ports.http), get(ports.http)])

  const sockets = async (worker: number): Promise<number> =>
    sumOf(ports.ops, `nodejs_active_resources{type="TCPSocketWrap",worker="${worker}"}`)
  const before = [await sockets(1), await sockets(2)]
  const open: Socket[] = []
  // Why one by one: of many at once, more go to the worker that is quicker to take them.
  while (open.length < 20) open.push(await openAndAsk(ports.http))
  const added = [(await sockets(1)) - (before[0] ?? 0), (await sockets(2)) - (before[1] ?? 0)]
  for (const socket of open) socket.destroy()
  t.equal((added[0] ?? 0) + (added[1] ?? 0), 20)
  t.ok(Math.min(...added) >= 8, added.join(' and '))

  t.equal(await sumOf(ports.ops, REDIRECTS), 22)
  t.equal(
    (await sumOf(ports.ops, 'edge_l1_hits_total')) +
      (await sumOf(ports.ops, 'edge_l1_misses_total')),
    22,
  )
  t.equal(await sumOf(ports.ops, 'edge_l1_entries{kind="link"}'), 2, 'one in each process')
  t.equal(await sumOf(ports.ops, 'edge_workers'), 2)
  t.match(await ops(ports.ops, '/readyz'), { status: 200, text: /"accepting":true/ })
})

async function openAndAsk(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.write(GET)
  await once(socket, 'data')
  return socket
}

t.test('a worker that is killed is replaced, and what it counted is not lost', async (t) => {
  await using edge = await startEdgeProcesses()
  const ports = await edge.untilStarted()
  for (let index = 0; index < 20; index += 1) await get(ports.http)
  t.equal(await sumOf(ports.ops, REDIRECTS), 20)
  await eventually(async () => edge.lines('worker is the lead').length === 1, SETTLE_MS_MAX)
  const [lead] = edge.lines('worker is the lead')
  const killed = edge.lines('worker started').find(({ worker }) => worker === lead?.['worker'])

  process.kill(Number(killed?.['pid']), 'SIGKILL')
  await eventually(async () => edge.pids().length === 3, SETTLE_MS_MAX)
  await eventually(async () => (await sumOf(ports.ops, 'edge_workers')) === 2, SETTLE_MS_MAX)
  for (let index = 0; index < 20; index += 1) t.equal((await get(ports.http)).status, 302)
  t.equal(await sumOf(ports.ops, REDIRECTS), 40)
  t.equal(await sumOf(ports.ops, 'edge_worker_restarts_total'), 1)
  t.match(edge.lines('a worker ended by itself and is started again'), [
    { worker: killed?.['worker'], pid: killed?.['pid'], exit_code: null, signal: 'SIGKILL' },
  ])
  await eventually(async () => edge.lines('worker is the lead').length === 2, SETTLE_MS_MAX)
  t.not(edge.lines('worker is the lead')[1]?.['worker'], lead?.['worker'], 'another one leads')
})

t.test('SIGHUP replaces every worker without a failed request', async (t) => {
  await using edge = await startEdgeProcesses()
  const ports = await edge.untilStarted()
  const old = edge.pids()
  const seen: Seen = { answers: 0, failures: [] }
  const over = new AbortController()
  const options = { pauseMs: 10, isEnough: () => over.signal.aborted }
  const keepOn = async (octets: string): Promise<void> => {
    while (!over.signal.aborted) await visit(ports.http, octets, seen, options)
  }
  const visitors = [
    ...Array.from({ length: 16 }, () => keepOn(GET)),
    ...Array.from({ length: 2 }, () => keepOn(CLOSING_GET)),
  ]
  await eventually(async () => seen.answers > 500, SETTLE_MS_MAX)
  t.ok(edge.child.kill('SIGHUP'))
  await eventually(async () => edge.lines('workers replaced').length === 1, 30_000)
  t.notOk(old.some(isAlive), 'all old workers are gone')
  t.equal(edge.pids().length, 4)
  await eventually(async () => seen.answers > 3_000, SETTLE_MS_MAX)
  over.abort()
  await Promise.all(visitors)
  t.same(seen.failures, [])
  t.equal(await sumOf(ports.ops, REDIRECTS), seen.answers, 'every answer was counted once')
  t.equal(await sumOf(ports.ops, 'edge_worker_restarts_total'), 0)
  t.comment(`${seen.answers} answers`)
})

t.test('new workers know what visitors asked the old ones for, with core away', async (t) => {
  await using edge = await startEdgeProcesses()
  const ports = await edge.untilStarted()
  await eventually(async () => edge.lines('worker is the lead').length === 1, SETTLE_MS_MAX)
  for (let index = 0; index < 10; index += 1) t.equal((await get(ports.http)).status, 302)
  edge.core.down()
  t.ok(edge.child.kill('SIGHUP'))
  await eventually(async () => edge.lines('workers replaced').length === 1, 30_000)
  for (let index = 0; index < 10; index += 1) t.equal((await get(ports.http)).status, 302)
})

t.test('SIGTERM drains all workers at once and ends with 0', async (t) => {
  await using edge = await startEdgeProcesses()
  const ports = await edge.untilStarted()
  const seen: Seen = { answers: 0, failures: [] }
  const options = { pauseMs: 0, isEnough: () => false }
  const visitors = Array.from({ length: 8 }, () => visit(ports.http, GET, seen, options))
  await eventually(async () => seen.answers > 200, SETTLE_MS_MAX)
  const startedMs = performance.now()
  edge.child.kill('SIGTERM')
  await eventually(async () => (await ops(ports.ops, '/readyz')).status === 503, 1_000)
  await Promise.all(visitors)
  t.same(await edge.exited, [0, null])
  t.ok(performance.now() - startedMs < 4_000, `${Math.round(performance.now() - startedMs)} ms`)
  t.same(seen.failures, [])
  t.notOk(edge.pids().some(isAlive))
})

t.test('workers whose primary was killed finish what they do, and end', async (t) => {
  await using edge = await startEdgeProcesses()
  const ports = await edge.untilStarted()
  const socket = await openAndAsk(ports.http)
  edge.child.kill('SIGKILL')
  await edge.exited
  socket.write(GET)
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1\.1 302 .*\r\nConnection: close\r\n/s)
  await eventually(async () => !edge.pids().some(isAlive), 5_000)
  t.equal(edge.lines('draining').length, 2)

  const server = createServer()
  t.equal(await listen(server, { host: '127.0.0.1', port: ports.http }, 'TEST'), ports.http)
  server.close()
})

t.test('a taken address is a sentence, and nothing is left running', async (t) => {
  const server = createServer()
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'TEST')
  await using edge = await startEdgeProcesses({ EDGE_ADDR: `127.0.0.1:${port}` })
  let errors = ''
  edge.child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  // Why also its end: what it said last can be read only after it is gone.
  const closed = once(edge.child, 'close')
  t.same(await edge.exited, [1, null])
  await closed
  t.match(errors, /^The address 127\.0\.0\.1:\d+ is taken by another program\. .*EDGE_ADDR.*\n$/)
  t.same(edge.lines('started'), [])
  server.close()
})
