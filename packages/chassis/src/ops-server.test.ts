import { connect } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { Metrics } from './metrics.ts'
import { startOpsServer, type Readiness } from './ops-server.ts'

async function start(readiness: () => Readiness, metrics = new Metrics()) {
  const address = { host: '127.0.0.1', port: 0 }
  const server = await startOpsServer({ address, setting: 'EDGE_OPS_ADDR', readiness, metrics })
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`)
  return { server, get }
}

t.test('it is live and ready while everything is in order', async (t) => {
  const { server, get } = await start(() => ({ core: true }))
  await using _server = server
  t.equal((await get('/livez')).status, 200)
  const ready = await get('/readyz')
  t.equal(ready.status, 200)
  t.same(await ready.json(), { ready: true, checks: { core: true } })
})

t.test('what is missing is named, and it stays live', async (t) => {
  const { server, get } = await start(() => ({ core: false, links: true }))
  await using _server = server
  const ready = await get('/readyz')
  t.equal(ready.status, 503)
  t.same(await ready.json(), { ready: false, checks: { core: false, links: true } })
  t.equal((await get('/livez')).status, 200)
})

t.test('metrics are scraped, and any other path is 404', async (t) => {
  const metrics = new Metrics()
  metrics.counter('hits_total', 'Hits.', []).inc()
  const { server, get } = await start(() => ({}), metrics)
  await using _server = server
  t.match(await (await get('/metrics')).text(), /^fingerpost_hits_total 1$/m)
  t.equal((await get('/')).status, 404)
})

t.test('a check that throws breaks its own request and nothing else', async (t) => {
  const { server, get } = await start(() => {
    throw new Error('broken')
  })
  await using _server = server
  await t.rejects(get('/readyz'))
  t.equal((await get('/livez')).status, 200)
})

t.test('it stops at once though a client keeps its connection open', async (t) => {
  const { server } = await start(() => ({}))
  const socket = connect({ host: '127.0.0.1', port: server.port })
  await once(socket, 'connect')
  socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /li')
  await once(socket, 'data')
  const closed = once(socket, 'close')
  socket.on('error', () => {})
  await server[Symbol.asyncDispose]()
  await closed
  t.ok(socket.destroyed)
})

t.test('a taken port is one sentence', async (t) => {
  const { server } = await start(() => ({}))
  await using _server = server
  const address = { host: '127.0.0.1', port: server.port }
  const again = startOpsServer({
    address,
    setting: 'EDGE_OPS_ADDR',
    readiness: () => ({}),
    metrics: new Metrics(),
  })
  await t.rejects(again, { name: 'StartError', message: /is taken .* set EDGE_OPS_ADDR/ })
})
