import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import { createLogger } from '@fingerpost/chassis/logger'
import type { CertificateRecord } from '@fingerpost/contract/core-api'
import { NO_CERTIFICATE, type CertificateFacts } from '@fingerpost/model/certificate'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { CertificateExpiries, EXPIRY_FORGOTTEN_MS } from './certificate-expiries.ts'
import type { HandshakeOutcome } from './handshake.ts'
import {
  FIRST_MS_MAX,
  FIRST_PAUSE_MS,
  KeepWarm,
  KNOWN_MS_MAX,
  KNOWN_RUNNING_MAX,
  WARM_QUEUE_MAX,
} from './keep-warm.ts'

const CERTIFICATE = { issuer: 'R11', keyType: 'P-256', notBefore: 0, notAfter: 90_000_000 }
const SEEN: HandshakeOutcome = { kind: 'seen', certificate: CERTIFICATE }
const KNOWN: CertificateFacts = { ...NO_CERTIFICATE, status: 'issued', seen: CERTIFICATE }

function name(text: string): Hostname {
  const hostname = canonicalHostname(`${text}.example.com`)
  if (hostname === undefined) throw new Error(`${text} is no hostname.`)
  return hostname
}

/** A worker whose handshakes end when the test says so. */
function stage(now = 0) {
  const clock = new FakeClock(now)
  const stop = new AbortController()
  const begun: string[] = []
  const news: CertificateRecord[] = []
  const running = new Map<string, (outcome: HandshakeOutcome) => void>()
  const deadlines = new Map<string, number>()
  const keepWarm = new KeepWarm(stop.signal, {
    handshake(hostname, deadlineMs) {
      begun.push(hostname)
      deadlines.set(hostname, deadlineMs)
      const { promise, resolve } = Promise.withResolvers<HandshakeOutcome>()
      running.set(hostname, resolve)
      return promise
    },
    onNews: (record) => news.push(record),
    onOutcome: () => {},
    server: '127.0.0.1:443',
    clock,
    log: createLogger('domain-manager', 'fatal'),
  })
  return {
    clock,
    stop,
    keepWarm,
    begun,
    news,
    deadlines,
    end: async (hostname: Hostname, outcome: HandshakeOutcome) => {
      running.get(hostname)?.(outcome)
      await clock.advance(0)
    },
    first: (text: string) => keepWarm.warm({ hostname: name(text), certificate: NO_CERTIFICATE }),
    known: (text: string) => keepWarm.warm({ hostname: name(text), certificate: KNOWN }),
  }
}

t.test(
  'first issuances begin one after another, slower than the ACME library limits them',
  async (t) => {
    const { first, begun, clock, deadlines } = stage()
    for (const text of ['a', 'b', 'c']) t.ok(first(text))
    t.same(begun, [name('a')])
    await clock.advance(FIRST_PAUSE_MS - 1)
    t.equal(begun.length, 1)
    await clock.advance(1)
    t.equal(begun.length, 2)
    await clock.advance(FIRST_PAUSE_MS)
    t.same(begun, [name('a'), name('b'), name('c')])
    t.equal(deadlines.get(name('a')), FIRST_MS_MAX)
    t.ok(10 * FIRST_PAUSE_MS > 10_000)
  },
)

t.test('after a certificate that was there already the next one need not wait', async (t) => {
  const now = 10 * 3_600_000
  const { first, begun, end } = stage(now)
  for (const text of ['a', 'b', 'c', 'd']) first(text)
  await end(name('a'), SEEN)
  t.same(begun, [name('a'), name('b')])
  const notBefore = now - 3_600_000
  await end(name('b'), { kind: 'seen', certificate: { ...CERTIFICATE, notBefore } })
  t.equal(begun.length, 2, 'this one was issued just now')
})

t.test('hostnames with a certificate do not wait for those without', async (t) => {
  const { first, known, begun, deadlines } = stage()
  for (const text of ['a', 'b']) first(text)
  for (let index = 0; index <= KNOWN_RUNNING_MAX; index += 1) known(`k${index}`)
  t.equal(begun.length, 1 + KNOWN_RUNNING_MAX)
  t.equal(deadlines.get(name('k0')), KNOWN_MS_MAX)
})

t.test('a hostname is asked for once, however often it is wanted', async (t) => {
  const { known, begun, keepWarm, end } = stage()
  for (let index = 0; index < KNOWN_RUNNING_MAX; index += 1) known(`k${index}`)
  known('k0')
  known('late')
  known('late')
  t.equal(keepWarm.waiting, 1)
  await end(name('k0'), SEEN)
  t.equal(begun.filter((hostname) => hostname === name('late')).length, 1)
  t.equal(begun.filter((hostname) => hostname === name('k0')).length, 1)
  known('k0')
  t.equal(keepWarm.waiting, 1, 'after the end it may be wanted again')
})

t.test('what a handshake shows is news; what it cannot tell is none', async (t) => {
  const { known, first, news, end } = stage(5)
  known('a')
  await end(name('a'), SEEN)
  t.same(news, [
    {
      hostname: name('a'),
      seenAt: 5,
      news: { kind: 'seen', certificate: CERTIFICATE },
      evidence: [
        {
          role: 'handshake',
          server: '127.0.0.1:443',
          question: 'TLS a.example.com',
          outcome: 'certificate',
          values: [
            'issuer=R11',
            'key_type=P-256',
            'not_before=1970-01-01T00:00:00.000Z',
            'not_after=1970-01-02T01:00:00.000Z',
          ],
          ttlS: undefined,
          at: 5,
        },
      ],
    },
  ])
  known('b')
  await end(name('b'), { kind: 'unreachable', what: 'ECONNREFUSED' })
  known('c')
  await end(name('c'), { kind: 'timeout' })
  first('d')
  await end(name('d'), { kind: 'refused', alert: 'internal error' })
  t.equal(news.length, 1)
})

t.test('a renewal that is overdue at the second look is news after what was seen', async (t) => {
  const { keepWarm, news, end } = stage(80_000_000)
  const certificate = { ...KNOWN, checkedAt: 70_000_000 }
  keepWarm.warm({ hostname: name('a'), certificate })
  await end(name('a'), SEEN)
  t.same(
    news.map(({ news: { kind } }) => kind),
    ['seen', 'failed'],
  )
  t.match(news[1], {
    news: { error: { code: 'renewal_overdue' } },
    evidence: [{ role: 'handshake', outcome: 'certificate' }],
  })
})

t.test('the queue is bounded, and nothing begins after the stop', async (t) => {
  const { first, known, keepWarm, stop, begun, news, end } = stage()
  for (let index = 0; index <= WARM_QUEUE_MAX; index += 1) first(`h${index}`)
  t.equal(keepWarm.waiting, WARM_QUEUE_MAX)
  t.notOk(first('more'))
  t.ok(known('k0'), 'what is to be renewed does not wait behind them')
  t.ok(first('h5'), 'one that waits already is not refused')
  stop.abort()
  for (const text of ['h0', 'k0']) await end(name(text), SEEN)
  await keepWarm.idle()
  t.same(begun, [name('h0'), name('k0')])
  t.same(news, [])
  t.notOk(first('x'))
})

t.test('the metric knows the next certificate to end, and forgets who is not seen', async (t) => {
  const expiries = new CertificateExpiries()
  t.equal(expiries.earliest(0), undefined)
  expiries.note(name('a'), 500, 0)
  expiries.note(name('b'), 900, 10)
  t.equal(expiries.earliest(10), 500)
  expiries.note(name('a'), 1_000, 10)
  t.equal(expiries.earliest(10), 900)
  t.equal(expiries.earliest(11 + EXPIRY_FORGOTTEN_MS), undefined)
})
