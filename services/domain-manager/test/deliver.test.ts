import { createServer } from 'node:net'
import { once } from 'node:events'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import type { Delivery } from '@fingerpost/contract/core-api'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { AppError } from '@fingerpost/model/errors'
import { deliver, RECORDS_MAX, type DeliverDeps } from '../src/notify/deliver.ts'
import { DELIVERY_LEASE_MS } from '../src/notify/deliver-loop.ts'
import {
  createMailer,
  MAIL_LIMITS,
  MAILS_IN_TROUBLE_MAX,
  NO_MAILER,
} from '../src/notify/send-mail.ts'
import { guardedRequest } from '../src/outgoing/guarded-request.ts'
import { DELIVERY_MS_MAX, PAUSES_MS } from '../src/rules/delivery-backoff.ts'
import { startMailServer, startReceiver } from './receiver.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const NOW = Date.UTC(2026, 0, 1)
const NEVER = new AbortController().signal
const LIMITS = {
  totalMsMax: 400,
  connectMsMax: 300,
  headerOctetsMax: 16_384,
  bodyOctetsMax: 1_024,
}
const MAIL_TROUBLE = 'The mail server could not be used.'
const PAYLOAD = JSON.stringify({
  type: 'domain.degraded',
  timestamp: new Date(NOW).toISOString(),
  data: {
    workspace_id: 'ws_1',
    domain: { id: 'dom_1', hostname: 'links.example.com' },
    message: '"links.example.com" führt nicht mehr hierher.',
    grace_ends_at: '2026-01-08T00:00:00.000Z',
  },
})

t.test('a webhook is signed so that the library of the standard verifies it', async (t) => {
  await using receiver = await startReceiver((response) => response.writeHead(204).end())
  // Why now: the library takes no signature that is older than five minutes.
  const now = Date.now()
  const { run, record } = given({ now })
  t.equal(await run(toWebhook(receiver.url)), 'delivered')
  const [request] = receiver.received
  t.match(request, { method: 'POST', path: '/hook?a=b', body: PAYLOAD })
  t.match(request?.headers, { 'content-type': 'application/json', 'webhook-id': 'ntc_1' })
  const { body = '', headers = {} } = request ?? {}
  t.equal(headers['webhook-timestamp'], String(Math.floor(now / 1_000)))
  const webhook = new Webhook(SECRET)
  t.same(webhook.verify(body, headers), JSON.parse(PAYLOAD))
  t.throws(() => webhook.verify(`${body} `, headers), /signature/)
  t.same(record(), {
    deliveryId: 'dlv_1',
    lease: 'lease',
    isDelivered: true,
    error: '',
    httpStatus: 204,
    nextAttemptAt: undefined,
    disablesEndpoint: false,
  })
})

t.test('an answer that is no 2xx is tried again, a redirect is not followed', async (t) => {
  await using elsewhere = await startReceiver((response) => response.writeHead(200).end())
  for (const [status, headers, error, pauseMs] of [
    [500, {}, /answered 500/, PAUSES_MS[0]],
    [302, { location: elsewhere.url }, /redirects are not followed/, PAUSES_MS[0]],
    [308, { location: elsewhere.url }, /redirects are not followed/, PAUSES_MS[0]],
    [429, { 'retry-after': '100' }, /answered 429/, 100_000],
    [503, { 'retry-after': '999999' }, /answered 503/, 6 * 3_600_000],
  ] as const) {
    await using receiver = await startReceiver((response) =>
      response.writeHead(status, headers).end(),
    )
    const { run, record } = given()
    t.equal(await run(toWebhook(receiver.url)), 'retried')
    const nextAttemptAt = NOW + pauseMs
    t.match(record(), { isDelivered: false, httpStatus: status, error, nextAttemptAt })
    t.equal(record()?.disablesEndpoint, false)
  }
  t.same(elsewhere.received, [])
})

t.test('an endpoint that says it is gone gets nothing more', async (t) => {
  await using receiver = await startReceiver((response) => response.writeHead(410).end())
  const { run, record } = given()
  t.equal(await run(toWebhook(receiver.url)), 'given_up')
  t.match(record(), { httpStatus: 410, nextAttemptAt: undefined, disablesEndpoint: true })
})

t.test('a dead endpoint is tried for three days, then given up and disabled', async (t) => {
  await using receiver = await startReceiver((response) => response.writeHead(500).end())
  const { run, core, clock } = given()
  const delivery = toWebhook(receiver.url)
  let attempts = 0
  for (;;) {
    const outcome = await run({ ...delivery, attempts })
    attempts += 1
    const { nextAttemptAt, disablesEndpoint } = core.deliveryRecords.at(-1) ?? {}
    t.equal(disablesEndpoint, outcome === 'given_up')
    if (nextAttemptAt === undefined) break
    await clock.advance(nextAttemptAt - clock.now())
  }
  t.equal(clock.now(), NOW + DELIVERY_MS_MAX)
  t.equal(receiver.received.length, attempts)
  const ids = new Set(receiver.received.map(({ headers }) => headers['webhook-id']))
  t.same([...ids], ['ntc_1'], 'one id, by which a receiver knows what it had')
  const signatures = receiver.received.map(({ headers }) => headers['webhook-signature'])
  t.equal(new Set(signatures).size, attempts, 'each attempt is signed with its own time')
})

t.test('an endpoint that hangs, trickles or says too much delays nothing for long', async (t) => {
  await using hangs = await startReceiver(() => {})
  const slow = given()
  t.equal(await slow.run(toWebhook(hangs.url)), 'retried')
  t.match(slow.record(), { error: /did not answer within/, httpStatus: undefined })

  await using huge = await startReceiver((response) => {
    response.writeHead(200)
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  })
  const flooded = given()
  t.equal(await flooded.run(toWebhook(huge.url)), 'delivered')

  await using drips = await startReceiver((response) => response.writeHead(202).write('a'))
  const dripped = given()
  t.equal(await dripped.run(toWebhook(drips.url)), 'delivered', 'its status was there in time')
  t.match(dripped.record(), { httpStatus: 202, isDelivered: true })

  const raw = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.resume()
    socket.end('no HTTP at all\r\n\r\n')
  }).listen(0, '127.0.0.1')
  await once(raw, 'listening')
  const address = raw.address()
  const port = typeof address === 'object' ? address?.port : 0
  const garbled = given()
  t.equal(await garbled.run(toWebhook(`http://127.0.0.1:${port}/`)), 'retried')
  t.match(garbled.record(), { error: /no HTTP/ })
  raw.close()
  await once(raw, 'close')
  const refused = given()
  t.equal(await refused.run(toWebhook(`http://127.0.0.1:${port}/`)), 'retried')
  t.match(refused.record(), { error: /refused the connection/ })
})

t.test('a private address is not connected to, however it is reached', async (t) => {
  await using receiver = await startReceiver((response) => response.writeHead(200).end())
  const { port } = new URL(receiver.url)
  const answers = [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::ffff:127.0.0.1']]
  for (const addresses of answers) {
    const { run, record } = given({ allowPrivate: false, lookup: async () => addresses })
    t.equal(await run(toWebhook(`http://hooks.example.com:${port}/`)), 'retried')
    t.match(record(), { error: /private address/, httpStatus: undefined })
    t.notMatch(record()?.error, /127/)
  }
  for (const host of ['127.0.0.1', '[::1]', '2130706433', '0x7f.1', '169.254.169.254']) {
    const { run, record } = given({ allowPrivate: false })
    t.equal(await run(toWebhook(`http://${host}:${port}/`)), 'retried', host)
    t.match(record(), { error: /private address/ }, host)
  }
  t.same(receiver.received, [])
})

t.test('a name is looked up once: what it leads to afterwards changes nothing', async (t) => {
  await using receiver = await startReceiver((response) => response.writeHead(200).end())
  const { port } = new URL(receiver.url)
  let lookups = 0
  const lookup = async (): Promise<readonly string[]> => {
    lookups += 1
    return lookups === 1 ? ['127.0.0.1'] : ['192.0.2.1']
  }
  const { run } = given({ lookup })
  t.equal(await run(toWebhook(`http://hooks.example.com:${port}/`)), 'delivered')
  t.equal(lookups, 1)
  t.equal(receiver.received[0]?.headers['host'], `hooks.example.com:${port}`)
})

t.test('what cannot be recorded is tried, then left to its lease', async (t) => {
  await using receiver = await startReceiver((response) => response.writeHead(200).end())
  const away = given()
  const outage = new AppError('core_unavailable', 'Core is away.')
  let records = 0
  const core = {
    async recordDelivery() {
      records += 1
      throw outage
    },
  }
  const running = deliver(toWebhook(receiver.url), NEVER, { ...away.deps, core })
  const isOver = running.then(() => true)
  while (!(await Promise.race([isOver, away.clock.advance(5_000).then(() => false)])));
  t.equal(await running, 'not_recorded')
  t.equal(records, RECORDS_MAX)
  t.equal(receiver.received.length, 1)

  const back = given()
  const backAt = NOW + 45_000
  const flaky = {
    async recordDelivery(record: Parameters<FakeCore['recordDelivery']>[0]) {
      if (back.clock.now() < backAt) throw outage
      await back.core.recordDelivery(record)
    },
  }
  const later = deliver(toWebhook(receiver.url), NEVER, { ...back.deps, core: flaky })
  const isThere = later.then(() => true)
  while (!(await Promise.race([isThere, back.clock.advance(5_000).then(() => false)])));
  t.equal(await later, 'delivered')
  t.equal(receiver.received.length, 2)
})

t.test('an attempt that our own stop ended is not recorded', async (t) => {
  await using receiver = await startReceiver(() => {})
  const { deps, core } = given()
  const abandon = new AbortController()
  const running = deliver(toWebhook(receiver.url), abandon.signal, deps)
  abandon.abort()
  t.equal(await running, 'not_recorded')
  t.same(core.deliveryRecords, [])
})

t.test('a mail is sent as plain text, with one recipient and no way to add more', async (t) => {
  await using server = await startMailServer(() => undefined)
  const { run, record, troubles } = given({ smtpUrl: server.url })
  t.equal(await run(toMail('ops@example.com')), 'delivered')
  t.match(record(), { isDelivered: true, httpStatus: undefined, disablesEndpoint: false })
  t.same(
    server.lines.filter((line) => /^(?:MAIL|RCPT)/.test(line)).map((line) => line.slice(0, 40)),
    ['MAIL FROM:<notices@example.net>', 'RCPT TO:<ops@example.com>'],
  )
  const [mail = ''] = server.mails
  t.match(mail, /^Subject: Does not lead here any more: links\.example\.com$/m)
  t.match(mail, /^To: ops@example\.com$/m)
  t.match(mail, /^Message-ID: <dlv_1@example\.net>$/im)
  t.match(mail, /^Auto-Submitted: auto-generated$/im)
  t.match(mail, /^Content-Type: text\/plain; charset=utf-8$/im)
  t.match(mail, /^Until: 2026-01-08T00:00:00\.000Z$/m)
  t.same(troubles, [])
})

t.test('a mail that the server refuses for good is given up, another is tried again', async (t) => {
  for (const [command, reply, outcome, error] of [
    ['RCPT', '550 no such user', 'given_up', /refused the mail: "550 no such user"/],
    ['RCPT', '451 try later', 'retried', /refused the mail: "451 try later"/],
    ['.', '554 looks like spam', 'given_up', /refused the mail/],
    ['AUTH', '535 wrong password', 'retried', /could not be used/],
    ['MAIL', '550 not your sender', 'retried', /could not be used/],
    ['RCPT', '530 log in first', 'retried', /could not be used/],
    ['MAIL', '421 too busy', 'retried', /./],
  ] as const) {
    await using server = await startMailServer((line) =>
      line.startsWith(command) ? reply : undefined,
    )
    const { run, record, troubles } = given({ smtpUrl: server.url })
    t.equal(await run(toMail('ops@example.com')), outcome, `${command} ${reply}`)
    t.match(record(), { isDelivered: false, error, disablesEndpoint: false })
    if (record()?.error === MAIL_TROUBLE) t.equal(troubles.length, 1, 'the operator is told')
    t.notMatch(record()?.error, /secret/)
    t.same(server.mails, [])
  }
})

t.test('a mail server may think for long about a mail that it has, and not for ever', async (t) => {
  t.ok(MAIL_LIMITS.replyMsMax >= 60_000, 'or mail that it takes in the end would be sent again')
  t.ok(MAIL_LIMITS.totalMsMax + 15_000 < DELIVERY_LEASE_MS, 'or another one would send it, too')
  for (const command of ['EHLO', 'RCPT', '.']) {
    await using server = await startMailServer((line) =>
      line.startsWith(command) ? '' : undefined,
    )
    const limits = { ...MAIL_LIMITS, totalMsMax: 300 }
    const { run, record, troubles } = given({ smtpUrl: server.url, limits })
    t.equal(await run(toMail('ops@example.com')), 'retried', command)
    t.match(record(), { isDelivered: false, error: MAIL_TROUBLE })
    t.equal(troubles.length, 1)
  }
})

t.test('a mail server that hangs holds few mails, until it takes one', async (t) => {
  let reply: string | undefined = ''
  await using server = await startMailServer((line) =>
    line.startsWith('EHLO') ? reply : undefined,
  )
  const limits = { ...MAIL_LIMITS, totalMsMax: 300 }
  const { run } = given({ smtpUrl: server.url, limits })
  const runAll = (count: number) =>
    Promise.all(Array.from({ length: count }, () => run(toMail('ops@example.com'))))
  await runAll(1)
  t.same(await runAll(9), Array(9).fill('retried'))
  t.equal(server.lines.length, 1 + MAILS_IN_TROUBLE_MAX, 'the others do not wait for it')
  reply = undefined
  t.same(await runAll(1), ['delivered'])
  t.same(await runAll(9), Array(9).fill('delivered'))
})

t.test('a mail server that is away is trouble for the operator', async (t) => {
  const server = await startMailServer(() => undefined)
  await server[Symbol.asyncDispose]()
  const { run, record, troubles } = given({ smtpUrl: server.url })
  t.equal(await run(toMail('ops@example.com')), 'retried')
  t.equal(record()?.error, MAIL_TROUBLE)
  t.equal(troubles.length, 1)
})

t.test('without a mail server mail is given up at once, and says what is missing', async (t) => {
  const { run, record } = given()
  t.equal(await run(toMail('ops@example.com')), 'given_up')
  t.match(record(), { error: /DOMAINS_SMTP_URL/, nextAttemptAt: undefined })
  t.equal(record()?.disablesEndpoint, false)
})

function given(
  differs: {
    readonly allowPrivate?: boolean
    readonly lookup?: (hostname: string) => Promise<readonly string[]>
    readonly smtpUrl?: string
    readonly limits?: typeof MAIL_LIMITS
    readonly now?: number
  } = {},
) {
  const { allowPrivate = true, lookup = async () => [], smtpUrl, now = NOW } = differs
  const { limits = MAIL_LIMITS } = differs
  const clock = new FakeClock(now)
  const core = new FakeCore({ now: () => clock.now() })
  const guard = { lookup, allowPrivate, limits: LIMITS }
  const troubles: unknown[] = []
  const mailDeps = { onTrouble: (error: unknown) => troubles.push(error), onSent: () => {} }
  const from = 'Fingerpost <notices@example.net>'
  const deps: DeliverDeps = {
    core,
    webhooks: {
      request: (request, signal) => guardedRequest(request, signal, guard),
      now: () => clock.now(),
    },
    mailer: smtpUrl === undefined ? NO_MAILER : createMailer({ smtpUrl, from, limits }, mailDeps),
    clock,
    random: () => 0,
  }
  return {
    deps,
    core,
    clock,
    troubles,
    run: (delivery: Delivery) => deliver(delivery, NEVER, deps),
    record: () => core.deliveryRecords.at(-1),
  }
}

function toWebhook(url: string): Delivery {
  return { ...toMail(''), to: { kind: 'webhook', url, secret: SECRET } }
}

function toMail(address: string): Delivery {
  return {
    id: 'dlv_1',
    lease: 'lease',
    noticeId: 'ntc_1',
    event: 'domain.degraded',
    payload: PAYLOAD,
    createdAt: NOW,
    attempts: 0,
    to: { kind: 'mail', address },
  }
}
