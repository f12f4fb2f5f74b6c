import t from 'tap'
import { readCaddyLine, type CaddyLine } from './caddy-log.ts'

const RECEIVED_AT = 1_795_300_000_000
const TS = 1_795_234_928.361_28
const AT = 1_795_234_928_361
const CONTEXT = { receivedAt: RECEIVED_AT, acmeIssuer: 'letsencrypt.org' }
const NAME = 'links.customer.test'

const read = (entry: object): CaddyLine =>
  readCaddyLine(JSON.stringify({ level: 'info', ts: TS, ...entry }), CONTEXT)

const eventOf = (entry: object) => {
  const line = read(entry)
  return line.kind === 'event' ? line.event : undefined
}

const REFUSED =
  'Get "http://links.customer.test:24601/.well-known/acme-challenge/Gguq3Ww5": ' +
  'dial tcp 127.0.0.2:24601: connect: connection refused'
const REJECTED =
  'HTTP 400 urn:ietf:params:acme:error:rejectedIdentifier - Order included an identifier for ' +
  'which issuance is forbidden by policy: "links.customer.test"'
const LIMITED =
  'too many certificates (5) already issued for this exact set of identifiers in the last ' +
  '168h0m0s, retry after 2026-11-22 10:11:12 UTC: see https://letsencrypt.org/docs/rate-limits/'

const obtain = (msg: string, more: object = {}) => ({ logger: 'tls.obtain', msg, ...more })
const willRetry = (error: string, more: object = {}) =>
  obtain('will retry', { level: 'error', error, attempt: 1, retrying_in: 60, ...more })

t.test('an order that begins and a certificate that comes are events', async (t) => {
  const about = { identifier: NAME }
  t.same(eventOf(obtain('obtaining certificate', about)), {
    kind: 'order_begun',
    hostname: NAME,
    at: AT,
    isRenewal: false,
  })
  t.match(eventOf({ logger: 'tls.renew', msg: 'renewing certificate', remaining: 1.9, ...about }), {
    kind: 'order_begun',
    isRenewal: true,
  })
  const issuer = { ...about, issuer: '127.0.0.1:36151-dir' }
  t.same(eventOf(obtain('certificate obtained successfully', issuer)), {
    kind: 'issued',
    hostname: NAME,
    at: AT,
    isRenewal: false,
    evidence: [
      {
        role: 'acme',
        server: '127.0.0.1:36151-dir',
        question: `order ${NAME}`,
        outcome: 'issued',
        values: ['certificate obtained successfully'],
        ttlS: undefined,
        at: AT,
      },
    ],
  })
  t.match(eventOf({ logger: 'tls.renew', msg: 'certificate renewed successfully', ...issuer }), {
    kind: 'issued',
    isRenewal: true,
  })
})

t.test('a failed challenge is a validation failure, in the words of either Caddy', async (t) => {
  const head = { logger: 'http.acme_client', msg: 'challenge failed', identifier: NAME }
  const old = { status_code: 400, problem_type: 'urn:ietf:params:acme:error:connection' }
  const problem = { type: old.problem_type, title: '', detail: REFUSED, subproblems: null }
  for (const entry of [
    { ...head, ...old, error: REFUSED },
    { ...head, problem },
    { ...head, logger: 'tls.issuance.acme.acme_client', problem },
  ]) {
    t.match(eventOf(entry), {
      kind: 'failed',
      hostname: NAME,
      at: AT,
      isValidationFailure: true,
      retryAt: undefined,
      error: { code: 'connection', message: /at 127\.0\.0\.2: the connection was refused\./ },
      evidence: [
        { role: 'acme', server: 'caddy', outcome: old.problem_type, values: [REFUSED], at: AT },
      ],
    })
  }
})

t.test(
  'what a CA said is evidence, with whom and what was asked as far as it is told',
  async (t) => {
    const type = 'urn:ietf:params:acme:error:dns'
    const entry = {
      logger: 'http.acme_client',
      msg: 'challenge failed',
      identifier: NAME,
      challenge_type: 'http-01',
      problem: { type, detail: 'DNS problem', subproblems: [] },
    }
    const answerOf = (changes: object) => {
      const event = eventOf({ ...entry, ...changes })
      return event?.kind === 'failed' ? event.evidence[0] : undefined
    }
    const heard = { server: 'caddy', question: `http-01 ${NAME}`, outcome: type }
    t.match(answerOf({}), { ...heard, values: ['DNS problem'] })
    t.match(answerOf({ challenge_type: 7 }), { question: `challenge ${NAME}` })
    for (const [tail, server] of [
      ['(order=https://ca.test/1) (ca=https://user:secret@ca.test:14000/dir)', 'ca.test:14000'],
      ['(ca=no URL)', 'caddy'],
      ['', 'caddy'],
    ]) {
      const attempt = willRetry(`[${NAME}] Obtain: EOF ${tail}`.trim())
      const order = { server, question: `order ${NAME}`, outcome: 'failed', values: ['EOF'] }
      t.match(eventOf(attempt), { evidence: [order] })
    }
  },
)

t.test('of several problems the one of the hostname counts', async (t) => {
  const caa = { type: 'urn:ietf:params:acme:error:caa', detail: 'CAA forbids issuance' }
  const dns = { type: 'urn:ietf:params:acme:error:dns', detail: 'no answer' }
  const of = (value: string) => ({ identifier: { type: 'dns', value } })
  const eventWith = (subproblems: readonly unknown[]) =>
    eventOf({
      logger: 'http.acme_client',
      msg: 'challenge failed',
      identifier: NAME,
      problem: { type: 'urn:ietf:params:acme:error:compound', detail: 'Several.', subproblems },
    })
  const named = [{ ...dns, ...of('other.test') }, { ...caa, ...of(NAME) }, 'no problem']
  t.match(eventWith(named), { error: { code: 'caa' }, evidence: [{ values: ['Several.', /CAA/] }] })
  t.match(eventWith([dns, caa]), { error: { code: 'dns' } }, 'the first one, where none is named')
})

t.test('an attempt that failed says when the next one is', async (t) => {
  const texts = [
    `[${NAME}] Obtain: [${NAME}] creating new order: attempt 1: https://ca.test/order: ${REJECTED} (ca=https://ca.test/dir)`,
    `[${NAME}] Obtain: [${NAME}] creating new order: request to https://ca.test/order failed after 1 attempts: ${REJECTED} (ca=https://ca.test/dir)`,
  ]
  for (const text of texts) {
    t.same(eventOf(willRetry(text)), {
      kind: 'failed',
      hostname: NAME,
      at: AT,
      isValidationFailure: false,
      retryAt: AT + 60_000,
      error: {
        code: 'rejected_identifier',
        message:
          `The CA issues no certificates for "${NAME}", by its own policy. Use another hostname, or ` +
          'ask the CA why this one is refused. The CA says: "Order included an identifier for which ' +
          `issuance is forbidden by policy: '${NAME}'".`,
      },
      limit: undefined,
      evidence: [
        {
          role: 'acme',
          server: 'ca.test',
          question: `order ${NAME}`,
          outcome: 'urn:ietf:params:acme:error:rejectedIdentifier',
          values: [REJECTED.slice(REJECTED.indexOf('Order included'))],
          ttlS: undefined,
          at: AT,
        },
      ],
    })
  }
  const renewal = { ...willRetry(`[${NAME}] Renew: ${REJECTED}`), logger: 'tls.renew' }
  t.match(eventOf(renewal), { error: { code: 'rejected_identifier' } })
  const last = obtain('final attempt; giving up', { error: `[${NAME}] Obtain: ${REJECTED}` })
  t.match(eventOf(last), { kind: 'failed', retryAt: undefined })
  t.match(eventOf(willRetry(texts[0] ?? '', { retrying_in: -1 })), { retryAt: undefined })
})

t.test('the later of the two instants counts when the CA named one as well', async (t) => {
  const text = `[${NAME}] Obtain: HTTP 429 urn:ietf:params:acme:error:rateLimited - ${LIMITED}`
  const until = Date.parse('2026-11-22T10:11:12Z')
  t.match(eventOf(willRetry(text)), { retryAt: until, error: { code: 'rate_limited' } })
  const longPause = (until - AT) / 1_000 + 5
  t.match(eventOf(willRetry(text, { retrying_in: longPause })), { retryAt: until + 5_000 })
  t.match(eventOf(willRetry(text, { retrying_in: undefined })), { retryAt: until })
})

t.test('an attempt that failed before the CA judged it carries what was reported', async (t) => {
  const text = `[${NAME}] Obtain: [${NAME}] creating new order: fetching new nonce from server: performing request: Head "https://ca.test/nonce": EOF (order=https://ca.test/1) (ca=https://ca.test/dir)`
  t.match(eventOf(willRetry(text)), {
    retryAt: AT + 60_000,
    error: {
      code: 'unknown',
      message:
        /Reported: "\[links\.customer\.test\] creating new order: .* 'https:\/\/ca\.test\/nonce': EOF"\.$/,
    },
  })
})

t.test('what is no news gives no event', async (t) => {
  const noSolvers = `[${NAME}] Obtain: [${NAME}] solving challenges: ${NAME}: no solvers available for remaining challenges (configured=[http-01] offered=[dns-01] remaining=[dns-01]) (order=https://ca.test/1) (ca=https://ca.test/dir)`
  for (const entry of [
    willRetry(noSolvers),
    willRetry('no hostname here'),
    willRetry('[10.0.0.1] Obtain: x'),
    obtain('will retry'),
    obtain('could not get certificate from issuer', { identifier: NAME, error: REJECTED }),
    obtain('acquiring lock', { identifier: NAME }),
    obtain('obtaining certificate'),
    obtain('obtaining certificate', { identifier: '127.0.0.1' }),
    obtain('obtaining certificate', { identifier: `${NAME}:443` }),
    obtain('obtaining certificate', { identifier: 7 }),
    { logger: 'http.acme_client', msg: 'trying to solve challenge', identifier: NAME },
    { logger: 'http.acme_client', msg: 'challenge failed', identifier: '*' },
    { logger: 'http.log.access', msg: 'challenge failed', identifier: NAME },
    { msg: 'serving initial configuration' },
    { logger: 7, msg: 'obtaining certificate', identifier: NAME },
  ]) {
    t.same(read(entry), { kind: 'other' }, JSON.stringify(entry).slice(0, 100))
  }
})

t.test('a challenge that failed without a problem is not explained away', async (t) => {
  const entry = { logger: 'http.acme_client', msg: 'challenge failed', identifier: NAME }
  t.match(eventOf({ ...entry, problem: {} }), { error: { code: 'unknown' } })
  t.match(eventOf({ ...entry, problem: [] }), { error: { code: 'unknown' } })
})

t.test('a line that is no JSON object with time and message is malformed', async (t) => {
  for (const line of [
    '',
    'x',
    '{',
    '[]',
    'null',
    '"text"',
    '{"msg":"x"}',
    '{"ts":1}',
    '{"ts":"1","msg":"x"}',
    '{"ts":1,"msg":2}',
  ]) {
    t.same(readCaddyLine(line, CONTEXT), { kind: 'malformed' }, line)
  }
})

t.test('no event is later than its line came in', async (t) => {
  const entry = obtain('obtaining certificate', { identifier: NAME, ts: 9_000_000_000 })
  t.match(eventOf(entry), { at: RECEIVED_AT })
})

t.test('a hostile line is read in no time', async (t) => {
  const texts = [
    ', problem "x": '.repeat(4_000),
    ' (ca='.repeat(10_000),
    `HTTP 400 urn:ietf:params:acme:error:dns - ${' ('.repeat(30_000)}`,
    'HTTP 400 urn:ietf:params:acme:error:dns - , problem "a": ( (_ (__identifier '.repeat(800),
  ]
  for (const text of texts) {
    const startedAt = performance.now()
    eventOf(willRetry(`[${NAME}] Obtain: ${text}`))
    t.ok(performance.now() - startedAt < 500, text.slice(0, 20))
  }
})
