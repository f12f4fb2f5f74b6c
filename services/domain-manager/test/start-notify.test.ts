import { once } from 'node:events'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { createLogger } from '@fingerpost/chassis/logger'
import { Metrics } from '@fingerpost/chassis/metrics'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { createNotifyMetrics } from '../src/metrics.ts'
import { startNotify } from '../src/notify/start-notify.ts'
import { startMailServer, startReceiver } from './receiver.ts'

const LOG = createLogger('domain-manager', 'fatal')
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

t.test('notices go out by webhook and by mail, and are counted', async (t) => {
  await using receiver = await startReceiver((response) => response.writeHead(200).end())
  await using server = await startMailServer(() => undefined)
  const { core, registry, stack } = start({
    probeAllowPrivate: true,
    smtpUrl: server.url,
    mailFrom: 'notices@example.net',
  })
  give(core, { kind: 'webhook', url: receiver.url, secret: SECRET })
  give(core, { kind: 'mail', address: 'ops@example.com' })
  await recorded(core, 2)
  await stack.disposeAsync()
  const [request] = receiver.received
  t.same(new Webhook(SECRET).verify(request?.body ?? '', request?.headers ?? {}), PAYLOAD)
  t.equal(server.mails.length, 1)
  const { text } = await registry.scrape()
  t.match(text, /notice_deliveries_total\{channel="webhook",outcome="delivered"\} 1/)
  t.match(text, /notice_deliveries_total\{channel="mail",outcome="delivered"\} 1/)
})

t.test('private addresses are refused unless the operator allows them', async (t) => {
  await using receiver = await startReceiver((response) => response.writeHead(200).end())
  const { core, stack } = start({ probeAllowPrivate: false })
  give(core, { kind: 'webhook', url: receiver.url, secret: SECRET })
  await recorded(core, 1)
  await stack.disposeAsync()
  t.match(core.deliveryRecords, [{ isDelivered: false, error: /private address/ }])
  t.same(receiver.received, [])
})

t.test('a stop does not wait for an endpoint that hangs, nor record it', async (t) => {
  const asked = new EventTarget()
  await using receiver = await startReceiver(() => asked.dispatchEvent(new Event('asked')))
  const { core, stack } = start({ probeAllowPrivate: true })
  const isAsked = once(asked, 'asked')
  give(core, { kind: 'webhook', url: receiver.url, secret: SECRET })
  await isAsked
  const stopAt = performance.now()
  await stack.disposeAsync()
  t.ok(performance.now() - stopAt < 5_000)
  t.same(core.deliveryRecords, [])
})

const PAYLOAD = { type: 'domain.active', data: { domain: null, message: 'It works.' } }

function start(config: {
  readonly probeAllowPrivate: boolean
  readonly smtpUrl?: string
  readonly mailFrom?: string
}) {
  const core = new FakeCore({ now: () => Date.now() })
  const registry = new Metrics()
  const stack = new AsyncDisposableStack()
  const { smtpUrl, mailFrom } = config
  startNotify({ ...config, smtpUrl, mailFrom }, stack, {
    core,
    metrics: createNotifyMetrics(registry),
    log: LOG,
  })
  return { core, registry, stack }
}

function give(core: FakeCore, to: Parameters<FakeCore['givenDelivery']>[0]['to']): void {
  core.givenDelivery({
    noticeId: 'ntc_1',
    event: 'domain.active',
    payload: JSON.stringify(PAYLOAD),
    createdAt: Date.now(),
    attempts: 0,
    to,
  })
}

/** Waits until so many attempts are recorded; they are made within the pause between claims. */
async function recorded(core: FakeCore, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setInterval(() => {
    if (core.deliveryRecords.length >= count) resolve()
  }, 10)
  await promise
  clearInterval(timer)
}
