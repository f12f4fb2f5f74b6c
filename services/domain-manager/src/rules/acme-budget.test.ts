import * as fc from 'fast-check'
import t from 'tap'
import {
  afterClockSetBack,
  afterFailure,
  afterGap,
  afterIssued,
  afterOrder,
  afterYes,
  FAILURE_PAUSES_MS,
  FRESH_NAME,
  giveToken,
  holdFromLog,
  isSpent,
  judgeOrder,
  LIMITS,
  MAY_HOLD_MS,
  nameAfterClockSetBack,
  nextTokenAt,
  ORDER_MS_MAX,
  OWN_RETRY_MS_MAX,
  PAUSE_MS_MAX,
  RESERVATION_MS,
  takeToken,
  tokenMs,
  type BudgetQuestion,
  type NameBudget,
  type OrderFailure,
} from './acme-budget.ts'

const NOW = 1_800_000_000_000
const LIMIT = { tokens: 5, periodMs: 5_000 }
const QUESTION: BudgetQuestion = {
  mayHoldUntil: undefined,
  name: undefined,
  account: 0,
  registrableDomain: 0,
  reserved: { account: 0, registrableDomain: 0 },
  knowsAll: true,
}
const VALIDATION = {
  isValidationFailure: true,
  isTransient: false,
  limit: undefined,
  retryAt: undefined,
}

t.test('a bucket gives its tokens, then one whenever one has come back', async (t) => {
  let fullAt = 0
  for (let token = 0; token < 5; token += 1) {
    t.ok(nextTokenAt(fullAt, NOW, LIMIT, 0) <= NOW)
    fullAt = takeToken(fullAt, NOW, LIMIT)
  }
  t.equal(nextTokenAt(fullAt, NOW, LIMIT, 0), NOW + 1_000)
  t.equal(nextTokenAt(fullAt, NOW + 999, LIMIT, 0), NOW + 1_000)
  t.ok(nextTokenAt(fullAt, NOW + 1_000, LIMIT, 0) <= NOW + 1_000)
  t.equal(takeToken(fullAt, NOW, LIMIT), fullAt, 'an empty one stays empty')
  t.ok(nextTokenAt(giveToken(fullAt, LIMIT), NOW, LIMIT, 0) <= NOW)
  t.equal(nextTokenAt(0, NOW, LIMIT, 5), NOW + 1_000, 'all are kept')
})

t.test('a hostname that may have a certificate is never held back', async (t) => {
  const instant = fc.integer({ min: NOW - 10 ** 10, max: NOW + 10 ** 10 })
  const name = fc.record({
    certificates: instant,
    failedValidations: instant,
    mayHoldUntil: fc.option(instant, { nil: undefined }),
    order: fc.constantFrom('none' as const, 'first' as const, 'renewal' as const),
    reservedUntil: instant,
    failures: fc.nat(10),
    failedAt: instant,
    pausedUntil: instant,
  })
  const question = fc.record({
    mayHoldUntil: fc.option(instant, { nil: undefined }),
    name: fc.option(name, { nil: undefined }),
    account: instant,
    registrableDomain: fc.option(instant, { nil: undefined }),
    reserved: fc.record({ account: fc.nat(1_000), registrableDomain: fc.nat(1_000) }),
    knowsAll: fc.boolean(),
  })
  fc.assert(
    fc.property(question, (asked) => {
      const verdict = judgeOrder(asked, NOW)
      const mayHold = (asked.mayHoldUntil ?? 0) > NOW || (asked.name?.mayHoldUntil ?? 0) > NOW
      const isUnknown = asked.name === undefined && !asked.knowsAll
      if (mayHold || isUnknown) t.equal(verdict.kind, 'allowed')
      else t.not(verdict.kind, 'allowed')
      if (verdict.kind === 'held_back') t.ok(verdict.until > NOW)
    }),
  )
})

t.test('a new hostname is held back by the bucket that has to fill up longest', async (t) => {
  const emptyOf = (limit: keyof typeof LIMITS): number => NOW + LIMITS[limit].periodMs
  t.same(judgeOrder(QUESTION, NOW), { kind: 'allowed_new' })
  t.match(judgeOrder({ ...QUESTION, account: emptyOf('account') }, NOW), {
    kind: 'held_back',
    reason: 'account',
    // A fifth of the orders is for renewals.
    until: NOW + 61 * 36_000,
  })
  const registrableDomain = emptyOf('registrable_domain')
  t.match(judgeOrder({ ...QUESTION, account: emptyOf('account'), registrableDomain }, NOW), {
    reason: 'registrable_domain',
    until: NOW + (7 * 86_400_000) / 50,
  })
  t.same(judgeOrder({ ...QUESTION, registrableDomain: undefined }, NOW), { kind: 'allowed_new' })
  const certificates = emptyOf('hostname')
  t.match(judgeOrder({ ...QUESTION, name: { ...FRESH_NAME, certificates } }, NOW), {
    reason: 'hostname',
  })
  const failedValidations = emptyOf('failed_validations')
  t.match(judgeOrder({ ...QUESTION, name: { ...FRESH_NAME, failedValidations } }, NOW), {
    reason: 'failed_validations',
  })
})

t.test('yes-es that wait for their orders count as orders', async (t) => {
  const reserved = (account: number, registrableDomain: number): BudgetQuestion => ({
    ...QUESTION,
    reserved: { account, registrableDomain },
  })
  t.equal(judgeOrder(reserved(239, 0), NOW).kind, 'allowed_new')
  t.match(judgeOrder(reserved(240, 0), NOW), { kind: 'held_back', reason: 'account' })
  t.equal(judgeOrder(reserved(49, 49), NOW).kind, 'allowed_new')
  t.match(judgeOrder(reserved(50, 50), NOW), { kind: 'held_back', reason: 'registrable_domain' })
})

t.test('a yes is never taken back while its order may have gone well', async (t) => {
  const name = afterYes(undefined, NOW)
  t.match(name, { reservedUntil: NOW + RESERVATION_MS, mayHoldUntil: NOW + MAY_HOLD_MS })
  const empty = { ...QUESTION, account: NOW + LIMITS.account.periodMs, name }
  t.same(judgeOrder(empty, NOW + RESERVATION_MS), { kind: 'allowed' })
  t.match(afterYes(afterOrder(name, false, NOW), NOW), { order: 'first' })
})

t.test('after each failure in a row the pause is longer, up to an hour', async (t) => {
  let name: NameBudget | undefined
  let now = NOW
  for (const [index, pauseMs] of [...FAILURE_PAUSES_MS, FAILURE_PAUSES_MS.at(-1) ?? 0].entries()) {
    name = afterFailure(afterOrder(name, false, now), VALIDATION, now)
    t.match(name, { failures: index + 1, pausedUntil: now + pauseMs, mayHoldUntil: undefined })
    t.match(judgeOrder({ ...QUESTION, name }, now + pauseMs - 1), {
      kind: 'held_back',
      reason: 'backoff',
      until: now + pauseMs,
    })
    now += pauseMs
    t.equal(judgeOrder({ ...QUESTION, name }, now).kind, 'allowed_new')
  }
  t.match(afterIssued(name, now), { failures: 0, pausedUntil: 0, mayHoldUntil: now + MAY_HOLD_MS })
  t.match(afterIssued(undefined, now), { failures: 0, mayHoldUntil: now + MAY_HOLD_MS })
})

t.test(
  'a failure that is told twice counts once, and one without an order not at all',
  async (t) => {
    const failed = afterFailure(afterOrder(undefined, false, NOW), VALIDATION, NOW)
    t.equal(afterFailure(failed, VALIDATION, NOW + 1), failed)
    t.equal(afterFailure(undefined, VALIDATION, NOW), undefined)
  },
)

t.test('lines that are missing say nothing of what Caddy tried again by itself', async (t) => {
  const failed = afterFailure(afterOrder(undefined, false, NOW), VALIDATION, NOW)
  const gapAt = NOW + OWN_RETRY_MS_MAX
  const afterGapAt = (from: number): NameBudget | undefined =>
    failed === undefined ? undefined : afterGap(failed, from, gapAt)
  t.match(afterGapAt(gapAt - 1), { mayHoldUntil: gapAt + MAY_HOLD_MS, failures: 1 })
  t.equal(afterGapAt(gapAt), failed)
  const issued = afterIssued(failed, NOW + 1)
  t.equal(afterGap(issued, NOW, NOW), issued)
})

t.test('trouble of the CA itself is a short pause each time', async (t) => {
  const transient = { ...VALIDATION, isValidationFailure: false, isTransient: true }
  const name = afterFailure(afterOrder(undefined, false, NOW), transient, NOW)
  t.match(name, { failures: 0, failedValidations: 0, pausedUntil: NOW + 60_000 })
})

t.test('a renewal that fails takes nothing away', async (t) => {
  const order = afterOrder(undefined, true, NOW)
  t.match(order, { order: 'renewal', certificates: 0 })
  const name = afterFailure(order, VALIDATION, NOW)
  t.match(name, { order: 'none', mayHoldUntil: NOW + MAY_HOLD_MS })
  t.same(judgeOrder({ ...QUESTION, name }, NOW), { kind: 'allowed' })
})

t.test('a failure long after a first order says nothing of its certificate', async (t) => {
  const order = afterOrder(undefined, false, NOW)
  t.match(afterFailure(order, VALIDATION, NOW + ORDER_MS_MAX - 1), { mayHoldUntil: undefined })
  const name = afterFailure(order, VALIDATION, NOW + ORDER_MS_MAX)
  t.match(name, { mayHoldUntil: NOW + MAY_HOLD_MS, failures: 1 })
  t.same(judgeOrder({ ...QUESTION, name }, NOW + ORDER_MS_MAX), { kind: 'allowed' })
})

t.test('a limit of which the CA says that it is reached is empty until the CA says', async (t) => {
  const refused = { ...VALIDATION, isValidationFailure: false }
  const order = afterOrder(undefined, false, NOW)
  const after = (failure: Partial<OrderFailure>): NameBudget | undefined =>
    afterFailure(order, { ...refused, ...failure }, NOW)
  for (const limit of ['hostname', 'failed_validations'] as const) {
    const pauseMs = tokenMs(LIMITS[limit])
    for (const [retryAt, slot] of [
      [NOW + pauseMs / 2, NOW + pauseMs / 2],
      [NOW + pauseMs * 2, NOW + pauseMs],
      [undefined, NOW + pauseMs],
    ] as const) {
      const name = after({ limit, retryAt })
      const held = { ...QUESTION, name: { ...(name ?? FRESH_NAME), pausedUntil: 0 } }
      t.match(judgeOrder(held, NOW), { kind: 'held_back', reason: limit, until: slot })
    }
  }
  t.match(after({ limit: 'account' }), { certificates: NOW, failedValidations: 0 })
})

t.test('nothing is ordered before the CA takes it, but for a day at most', async (t) => {
  const order = afterOrder(undefined, false, NOW)
  const pauseAfter = (retryAt: number): number | undefined =>
    afterFailure(order, { ...VALIDATION, retryAt }, NOW)?.pausedUntil
  t.equal(pauseAfter(NOW + 59_999), NOW + 60_000, 'our own pause is longer')
  t.equal(pauseAfter(NOW + 60_001), NOW + 60_001)
  t.equal(pauseAfter(NOW + PAUSE_MS_MAX + 1), NOW + PAUSE_MS_MAX)
})

t.test('what was noted under a clock that was ahead is taken back', async (t) => {
  const ahead = NOW + 1_000 * 86_400_000
  const name: NameBudget = {
    certificates: ahead,
    failedValidations: ahead,
    mayHoldUntil: ahead,
    order: 'first',
    reservedUntil: ahead,
    failures: 3,
    failedAt: ahead,
    pausedUntil: ahead,
  }
  t.same(nameAfterClockSetBack(name, NOW), {
    ...name,
    certificates: NOW + LIMITS.hostname.periodMs,
    failedValidations: NOW + LIMITS.failed_validations.periodMs,
    reservedUntil: NOW + RESERVATION_MS,
    failedAt: NOW,
    pausedUntil: NOW + PAUSE_MS_MAX,
  })
  t.same(nameAfterClockSetBack(name, ahead), name)
  t.equal(afterClockSetBack(ahead, NOW, LIMIT), NOW + LIMIT.periodMs)
  t.equal(afterClockSetBack(NOW, NOW, LIMIT), NOW)
})

t.test('a clock that was ahead holds nobody back for longer than a period', async (t) => {
  const ahead = NOW + 1_000 * 86_400_000
  t.match(judgeOrder({ ...QUESTION, registrableDomain: ahead }, NOW), {
    reason: 'registrable_domain',
    until: NOW + (7 * 86_400_000) / 50,
  })
  t.match(judgeOrder({ ...QUESTION, name: { ...FRESH_NAME, pausedUntil: ahead } }, NOW), {
    reason: 'backoff',
    until: NOW + 86_400_000,
  })
})

t.test('the log tells of a certificate once its first order is not under way', async (t) => {
  const hold = NOW + MAY_HOLD_MS
  const first = afterOrder(undefined, false, NOW)
  const cases: readonly (readonly [string, NameBudget | undefined, number, number | undefined])[] =
    [
      ['nothing is noted', undefined, NOW, undefined],
      ['a yes waits for its order', afterYes(undefined, NOW), NOW, undefined],
      ['none came', afterYes(undefined, NOW), NOW + RESERVATION_MS, hold],
      ['the first order runs', first, NOW + ORDER_MS_MAX - 1, undefined],
      ['its end was lost', first, NOW + ORDER_MS_MAX, hold],
      ['it failed', afterFailure(first, VALIDATION, NOW), NOW, undefined],
      ['it went well', afterIssued(first, NOW), NOW, hold],
      ['a renewal runs', afterOrder(undefined, true, NOW), NOW, hold],
    ]
  for (const [when, name, now, until] of cases) t.equal(holdFromLog(name, now), until, when)
})

t.test('what is noted of a hostname goes once it says nothing any more', async (t) => {
  const issued = afterIssued(undefined, NOW)
  t.equal(isSpent(issued, NOW + MAY_HOLD_MS - 1), false)
  t.equal(isSpent(issued, NOW + MAY_HOLD_MS), true)
  const failed = afterFailure(afterOrder(undefined, false, NOW), VALIDATION, NOW) ?? FRESH_NAME
  t.equal(isSpent(failed, NOW + 60_000), false, 'the next failure is the second in a row')
  t.equal(isSpent(failed, NOW + 86_400_000 + 60_000), true)
  t.equal(isSpent(FRESH_NAME, NOW), true)
})
