import { Agent } from 'node:http'
import { createConnection } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { listen } from '@fingerpost/chassis/listen'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { answersOf } from '../src/ask/answers.ts'
import { createAskServer } from '../src/ask/ask-server.ts'
import { BudgetKeeper } from '../src/ask/budget-keeper.ts'
import { HostnameTable } from '../src/ask/hostname-table.ts'
import { listOf, name } from './hostname-list.ts'
import { send, type HttpAnswer } from './http-get.ts'
import { collectingLog } from './world.ts'

const NOBODY = listOf({}).hostnames

const NAMES = {
  'pending.example.com': 'pending_verification',
  'verified.example.com': 'verified',
  'active.example.com': 'active',
  'degraded.example.com': 'degraded',
  'suspended.example.com': 'suspended',
  'xn--bcher-kva.example.com': 'active',
} as const

function loadedTable(): HostnameTable {
  const table = new HostnameTable(7)
  table.replace(listOf(NAMES))
  return table
}

type Answered = readonly [string, string]

type Told = { readonly hostname: string; readonly news: { readonly kind: string } }

async function startAsk(table: HostnameTable, budget?: BudgetKeeper, now = () => 0) {
  const answered: Answered[] = []
  const told: Told[] = []
  const news = { add: (record: Told) => void told.push(record) }
  const { log } = collectingLog()
  const answers = answersOf({ table, budget, now, news, log })
  const server = createAskServer({
    ...answers,
    now,
    onAnswer: (hostname, { decision }) => void answered.push([hostname, decision]),
  })
  const port = await listen(server, { host: '127.0.0.1', port: 0 }, 'the test')
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    send({ port, path, headers })
  return {
    server,
    port,
    answered,
    told,
    connect: answers.connect,
    get,
    ask: (domain: string) =>
      get(`/ask?domain=${encodeURIComponent(domain)}`, { accept: 'application/json' }),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const jsonOf = ({ body }: HttpAnswer): unknown => JSON.parse(body)

t.test('each status has its answer', async (t) => {
  await using asks = await startAsk(loadedTable())
  const cases = [
    ['pending.example.com', 403, 'not_permitted', 'pending_verification'],
    ['verified.example.com', 200, 'allowed', 'verified'],
    ['active.example.com', 200, 'allowed', 'active'],
    ['degraded.example.com', 200, 'allowed', 'degraded'],
    ['suspended.example.com', 403, 'not_permitted', 'suspended'],
    ['unknown.example.com', 404, 'not_known', 'unknown_hostname'],
    ['active.example.com.evil.test', 404, 'not_known', 'unknown_hostname'],
    ['sub.active.example.com', 404, 'not_known', 'unknown_hostname'],
    ['example.com', 404, 'not_known', 'unknown_hostname'],
  ] as const
  for (const [hostname, status, decision, reason] of cases) {
    const answer = await asks.ask(hostname)
    t.equal(answer.status, status, hostname)
    t.match(jsonOf(answer), { hostname, decision, reason })
    t.equal(answer.headers['fingerpost-decision'], decision)
    t.equal(answer.body.indexOf('\n'), answer.body.length - 1, 'one line')
  }
  t.same(
    asks.answered,
    cases.map(([hostname, , decision]) => [hostname, decision]),
  )
})

t.test('one hostname is one hostname, however it is written', async (t) => {
  await using asks = await startAsk(loadedTable())
  for (const written of [
    'active.example.com',
    'ACTIVE.Example.COM',
    'active.example.com.',
    'bücher.example.com',
    'BÜCHER.example.com',
    'xn--bcher-kva.example.com',
  ]) {
    t.equal((await asks.ask(written)).status, 200, written)
  }
})

t.test('what is no hostname is refused as such', async (t) => {
  await using asks = await startAsk(loadedTable())
  for (const text of [
    '',
    '.',
    '127.0.0.1',
    '::1',
    '[::1]',
    '2130706433',
    'localhost',
    '*.example.com',
    '_x.example.com',
    'active.example.com:443',
    'active.example.com/',
    'active.example.com..',
    'a b.example.com',
    '-a.example.com',
    `${'x'.repeat(64)}.example.com`,
    `${'x.'.repeat(130)}com`,
    'active.example.com\u0000',
    'active.example.com\r\nx: y',
    'http://active.example.com',
    'a\u200b.example.com',
  ]) {
    const answer = await asks.ask(text)
    t.equal(answer.status, 400, JSON.stringify(text))
    t.match(jsonOf(answer), { decision: 'not_a_hostname' })
  }
  for (const path of [
    '/ask',
    '/ask?',
    '/ask?domain',
    '/ask?domain=',
    '/ask?Domain=active.example.com',
    '/ask?domain=active.example.com&domain=active.example.com',
    '/ask?domain=%ff%fe',
  ]) {
    t.equal((await asks.get(path)).status, 400, path)
  }
})

t.test('before the hostnames were ever read the answer is that it cannot be told', async (t) => {
  const table = new HostnameTable(7)
  await using asks = await startAsk(table)
  t.equal((await asks.ask('active.example.com')).status, 503)
  t.equal((await asks.ask('127.0.0.1')).status, 400)
  t.equal((await asks.get('/status/active.example.com')).status, 503)
  table.replace(listOf({}))
  t.equal((await asks.ask('active.example.com')).status, 404)
})

t.test('a client that accepts no JSON gets no body, and keeps its connection', async (t) => {
  await using asks = await startAsk(loadedTable())
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let connections = 0
  asks.server.on('connection', () => (connections += 1))
  for (const hostname of ['active.example.com', 'suspended.example.com', 'no.example.com', '1']) {
    const { status, headers, body } = await send({
      port: asks.port,
      path: `/ask?domain=${hostname}`,
      agent,
    })
    t.equal(body, '', hostname)
    t.equal(headers['content-length'], '0')
    t.equal(headers['content-type'], undefined)
    t.type(headers['fingerpost-decision'], 'string')
    t.ok([200, 403, 404, 400].includes(status))
  }
  t.equal(connections, 1)
  agent.destroy()

  for (const accept of ['*/*', 'application/json', 'text/html, application/*;q=0.5']) {
    const { body } = await asks.get('/ask?domain=active.example.com', { accept })
    t.match(JSON.parse(body), { decision: 'allowed' }, accept)
  }
  t.equal((await asks.get('/ask?domain=active.example.com', { accept: 'text/html' })).body, '')
})

t.test('a request that came through a proxy learns nothing', async (t) => {
  await using asks = await startAsk(loadedTable())
  for (const name of [
    'X-Forwarded-For',
    'x-forwarded-host',
    'X-Forwarded-Proto',
    'x-forwarded-anything',
    'Forwarded',
  ]) {
    const [known, unknown] = await Promise.all(
      ['active.example.com', 'unknown.example.com'].map((domain) =>
        asks.get(`/ask?domain=${domain}`, { [name]: '192.0.2.1', accept: '*/*' }),
      ),
    )
    t.equal(known?.status, 404, name)
    t.equal(known?.body, unknown?.body)
    t.equal(known?.headers['fingerpost-decision'], undefined)
    t.equal((await asks.get('/status/active.example.com', { [name]: '' })).status, 404)
  }
  t.same(asks.answered, [])
})

t.test('other methods and paths are refused', async (t) => {
  await using asks = await startAsk(loadedTable())
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const path = '/ask?domain=active.example.com'
    const answer = await send({ port: asks.port, path, method })
    t.equal(answer.status, 405, method)
    t.equal(answer.headers.allow, 'GET, HEAD')
  }
  for (const path of ['/', '/ASK?domain=a.b', '/ask/', '//ask', '/%61sk', '/internal/ask', '*']) {
    t.equal((await asks.get(path)).status, 404, path)
  }
  const absolute = 'http://active.example.com/ask?domain=active.example.com'
  t.equal((await asks.get(absolute)).status, 404)
  const head = await send({
    port: asks.port,
    path: '/ask?domain=active.example.com',
    method: 'HEAD',
    headers: { accept: '*/*' },
  })
  t.same([head.status, head.body], [200, ''])
})

t.test('a status is told with its decision', async (t) => {
  await using asks = await startAsk(loadedTable())
  const active = await asks.get('/status/active.example.com')
  t.equal(active.status, 200)
  t.match(jsonOf(active), {
    hostname: 'active.example.com',
    status: 'active',
    decision: 'allowed',
    reason: 'active',
  })
  const suspended = await asks.get('/status/SUSPENDED.example.com')
  t.equal(suspended.status, 200)
  t.match(jsonOf(suspended), { status: 'suspended', decision: 'not_permitted' })
  t.equal((await asks.get('/status/b%C3%BCcher.example.com')).status, 200)
  const unknown = await asks.get('/status/unknown.example.com')
  t.equal(unknown.status, 404)
  t.match(jsonOf(unknown), { status: null, decision: 'not_known' })
  t.equal((await asks.get('/status/')).status, 400)
  t.equal((await asks.get('/status/127.0.0.1')).status, 400)
  t.equal((await asks.get('/status/%zz')).status, 400)
})

t.test('names in answers are escaped', async (t) => {
  await using asks = await startAsk(loadedTable())
  const nasty = '"<script>\u001b[31m\n'
  const { body } = await asks.ask(nasty)
  t.match(JSON.parse(body), { hostname: nasty })
  t.notOk(body.slice(0, -1).includes('\n') || body.includes('\u001b'))
  const long = await asks.ask('x'.repeat(3_000))
  t.ok(long.body.length < 600)
})

t.test('a head that is too long is refused, and the listener goes on', async (t) => {
  await using asks = await startAsk(loadedTable())
  t.equal((await asks.get(`/ask?domain=${'x'.repeat(9_000)}`)).status, 431)
  const socket = createConnection(asks.port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  socket.write('\u0016\u0003\u0001 no HTTP at all\r\n\r\n')
  socket.resume()
  await once(socket, 'close')
  t.equal((await asks.ask('active.example.com')).status, 200)
})

t.test('a flood of unknown names leaves nothing behind', async (t) => {
  const table = loadedTable()
  await using asks = await startAsk(table)
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  const sizes = () => [table.size, table.revision, table.countByStatus()]
  const before = JSON.stringify(sizes())
  const floodOf = async (worker: number): Promise<void> => {
    for (let index = 0; index < 625; index += 1) {
      const path = `/ask?domain=n${worker}-${index}.evil.test`
      const { status } = await send({ port: asks.port, path, agent })
      if (status !== 404) throw new Error(`${path} was answered ${status}`)
    }
  }
  await Promise.all(Array.from({ length: 32 }, (_, worker) => floodOf(worker)))
  t.equal(asks.answered.length, 20_000)
  t.equal(JSON.stringify(sizes()), before)
  t.equal([...table.entries()].length, Object.keys(NAMES).length)
  agent.destroy()
})

t.test('a status is told with what core says, and without core says so', async (t) => {
  await using asks = await startAsk(loadedTable())
  const core = new FakeCore({ now: () => 0 })
  core.givenDomain({ hostname: 'active.example.com', status: 'active' })
  asks.connect(core)
  const report = jsonOf(await asks.get('/status/active.example.com'))
  t.match(report, { source: 'core', status: 'active', certificate: { status: 'none' } })
  core.down()
  t.match(jsonOf(await asks.get('/status/active.example.com')), {
    source: 'memory',
    diagnosis: null,
    status: 'active',
    known_since: '1970-01-01T00:00:00.001Z',
  })
  asks.connect({ describeHostname: () => new Promise(() => {}) })
  t.match(jsonOf(await asks.get('/status/active.example.com')), { source: 'memory' })
})

t.test('a new hostname whose order failed is held back, and told once', async (t) => {
  const budget = new BudgetKeeper()
  let now = 1_000_000
  budget.begin(NOBODY, now)
  await using asks = await startAsk(loadedTable(), budget, () => now)
  t.equal((await asks.ask('active.example.com')).status, 200)
  const event = { hostname: name('active.example.com'), at: now }
  budget.note({ ...event, kind: 'order_begun', isRenewal: false }, now)
  const error = { code: 'dns', message: 'no' } as const
  const failed = {
    kind: 'failed',
    error,
    isValidationFailure: true,
    limit: undefined,
    retryAt: undefined,
    evidence: [],
  } as const
  budget.note({ ...event, ...failed }, now)

  const held = await asks.ask('active.example.com')
  t.equal(held.status, 403)
  t.equal(held.headers['retry-after'], '60')
  t.match(jsonOf(held), { decision: 'not_permitted', reason: 'held_back' })
  t.match(jsonOf(await asks.get('/status/active.example.com')), {
    reason: 'held_back',
    next_attempt_at: new Date(now + 60_000).toISOString(),
  })
  t.same(asks.told, [], 'core has heard of the failure itself')
  now += 60_000
  t.equal((await asks.ask('active.example.com')).status, 200)
})

t.test('hostnames beyond the limit are held back, and core is told once for each', async (t) => {
  const budget = new BudgetKeeper()
  const now = 1_000_000
  budget.begin(NOBODY, now)
  const names = Array.from({ length: 60 }, (_, index) => `n${index}.acme.com`)
  const table = new HostnameTable(7)
  table.replace(listOf(Object.fromEntries(names.map((each) => [each, 'active' as const]))))
  await using asks = await startAsk(table, budget, () => now)
  budget.note({ kind: 'order_begun', hostname: name('a.b.com'), at: now, isRenewal: false }, now)
  for (let round = 0; round < 2; round += 1) {
    const answers = await Promise.all(names.map((each) => asks.ask(each)))
    t.equal(answers.filter(({ status }) => status === 200).length, 50)
  }
  t.equal(asks.told.length, 10)
  t.match(asks.told[0]?.news, { kind: 'failed', error: { code: 'held_back' } })
})
