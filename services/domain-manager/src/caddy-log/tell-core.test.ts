import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { createLogger } from '@fingerpost/chassis/logger'
import type { CertificateRecord } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { CertificateNewsQueue, TELLING_MAX, UNTOLD_HOSTNAMES_MAX } from './tell-core.ts'

const LOG = createLogger('domain-manager', 'fatal')
const ERROR = { code: 'dns', message: 'x' } as const

function name(text: string): Hostname {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`${text} is no hostname.`)
  return hostname
}

const A = name('a.example.com')

function issuing(hostname: Hostname, seenAt: number): CertificateRecord {
  return { hostname, seenAt, news: { kind: 'issuing' }, evidence: [] }
}

const SAID = [
  {
    role: 'acme',
    server: 'ca.test',
    question: 'order a.example.com',
    outcome: 'issued',
    values: ['certificate obtained successfully'],
    ttlS: undefined,
    at: 1,
  },
] as const

function issued(at: number) {
  return { kind: 'issued', hostname: A, at, isRenewal: false, evidence: SAID } as const
}

/** A core that keeps what it is told; `refuse` decides which calls fail. */
function listeningCore(refuse: (record: CertificateRecord) => Error | undefined = () => undefined) {
  const told: CertificateRecord[] = []
  let running = 0
  let runningMax = 0
  return {
    told,
    get runningMax() {
      return runningMax
    },
    async recordCertificate(record: CertificateRecord): Promise<void> {
      running += 1
      runningMax = Math.max(runningMax, running)
      await Promise.resolve()
      running -= 1
      const error = refuse(record)
      if (error !== undefined) throw error
      told.push(record)
    },
  }
}

function run(queue: CertificateNewsQueue, core: ReturnType<typeof listeningCore>) {
  const clock = new FakeClock(0)
  const stop = new AbortController()
  const ended = queue.run(core, stop.signal, { clock, random: () => 1, log: LOG })
  return {
    clock,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}

t.test('events become news, and core hears the newest of each hostname', async (t) => {
  const queue = new CertificateNewsQueue()
  queue.addEvent({ kind: 'order_begun', hostname: A, at: 1, isRenewal: false })
  queue.addEvent({
    kind: 'failed',
    hostname: A,
    at: 2,
    error: ERROR,
    isValidationFailure: true,
    limit: undefined,
    retryAt: 9,
    evidence: SAID,
  })
  queue.addEvent({ kind: 'order_begun', hostname: name('b.example.com'), at: 1, isRenewal: true })
  queue.add(issuing(A, 1))
  t.equal(queue.size, 2)
  const core = listeningCore()
  await using running = run(queue, core)
  await running.clock.advance(1)
  t.same(core.told, [
    {
      hostname: A,
      seenAt: 2,
      news: { kind: 'failed', error: ERROR, nextAttemptAt: 9 },
      evidence: SAID,
    },
    issuing(name('b.example.com'), 1),
  ])
  queue.add(issuing(A, 3))
  await running.clock.advance(1)
  t.same(core.told.at(-1), issuing(A, 3), 'and what comes later, at once')
})

t.test('a certificate issued is told even when newer news waits: clocks differ', async (t) => {
  const queue = new CertificateNewsQueue()
  queue.add(issuing(A, 9))
  queue.addEvent(issued(2))
  queue.addEvent(issued(1))
  queue.add(issuing(A, 3))
  const core = listeningCore()
  await using running = run(queue, core)
  await running.clock.advance(1)
  const held = { hostname: A, seenAt: 2, news: { kind: 'issued' }, evidence: SAID }
  t.same(core.told, [held, issuing(A, 9)])
})

t.test('a certificate issued is told even when newer news follows', async (t) => {
  const queue = new CertificateNewsQueue()
  queue.addEvent(issued(1))
  queue.add(issuing(A, 2))
  queue.add(issuing(A, 3))
  const core = listeningCore()
  await using running = run(queue, core)
  await running.clock.advance(1)
  t.same(
    core.told.map(({ seenAt, news }) => [seenAt, news.kind]),
    [
      [1, 'issued'],
      [3, 'issuing'],
    ],
  )
})

t.test('news waits while core is away, newer news in its place', async (t) => {
  const queue = new CertificateNewsQueue()
  let isAway = true
  const core = listeningCore(() =>
    isAway ? new AppError('core_unavailable', 'Core is away.') : undefined,
  )
  await using running = run(queue, core)
  queue.addEvent(issued(1))
  await running.clock.advance(1_000)
  t.equal(queue.size, 1)
  queue.add(issuing(A, 5))
  await running.clock.advance(20_000)
  isAway = false
  await running.clock.advance(5_000)
  t.same(
    core.told.map(({ news }) => news.kind),
    ['issued', 'issuing'],
  )
  t.equal(queue.size, 0)
})

t.test('news that comes while a call fails does not hide a certificate issued', async (t) => {
  const queue = new CertificateNewsQueue()
  let failures = 0
  const core = listeningCore(() => {
    failures += 1
    if (failures > 1) return undefined
    queue.add(issuing(A, 7))
    return new AppError('core_overdue', 'Core is slow.')
  })
  queue.addEvent(issued(1))
  await using running = run(queue, core)
  await running.clock.advance(1_000)
  t.same(
    core.told.map(({ seenAt }) => seenAt),
    [1, 7],
  )
})

t.test('news that core will never take is dropped', async (t) => {
  const queue = new CertificateNewsQueue()
  const core = listeningCore(({ hostname }) =>
    hostname === A ? new AppError('body_invalid', 'No.') : undefined,
  )
  queue.add(issuing(A, 1))
  queue.add(issuing(name('b.example.com'), 1))
  await using running = run(queue, core)
  await running.clock.advance(60_000)
  t.same(core.told, [issuing(name('b.example.com'), 1)])
  t.equal(queue.size, 0)
})

t.test('few calls run at once, and the queue is bounded', async (t) => {
  const queue = new CertificateNewsQueue()
  for (let index = 0; index <= UNTOLD_HOSTNAMES_MAX; index += 1) {
    queue.add(issuing(name(`h${index}.example.com`), 1))
  }
  t.equal(queue.size, UNTOLD_HOSTNAMES_MAX)
  t.equal(queue.lost, 1)
  const few = new CertificateNewsQueue()
  for (let index = 0; index < TELLING_MAX * 3; index += 1) {
    few.add(issuing(name(`h${index}.example.com`), 1))
  }
  const core = listeningCore()
  await using running = run(few, core)
  await running.clock.advance(1)
  t.equal(core.told.length, TELLING_MAX * 3)
  t.equal(core.runningMax, TELLING_MAX)
})
