import t from 'tap'
import {
  admitCall,
  afterFailure,
  afterSuccess,
  afterUnusableAnswer,
  isResting,
  NO_FAILURES,
  type BreakerLimits,
  type BreakerState,
} from './breaker.ts'

const LIMITS: BreakerLimits = { failuresMax: 3, pauseMs: 500 }
const RESTING: BreakerState = {
  failures: 3,
  restsUntilMs: 1_500,
  pauseMs: 500,
  restedAtMs: undefined,
}

t.test('calls are admitted up to the last failure allowed, and not after it', async (t) => {
  let state = NO_FAILURES
  for (const failures of [0, 1, 2]) {
    t.equal(state.failures, failures)
    t.equal(admitCall(state, 1_000, LIMITS), state)
    t.equal(isResting(state, LIMITS), false)
    state = afterFailure(state, 1_000, LIMITS)
  }
  t.equal(isResting(state, LIMITS), true)
  t.same(state, RESTING)
  t.equal(admitCall(state, 1_000, LIMITS), undefined)
})

t.test('one call is admitted when the pause ends, and the next after another pause', async (t) => {
  t.equal(admitCall(RESTING, 1_499, LIMITS), undefined)
  const admitted = admitCall(RESTING, 1_500, LIMITS)
  t.match(admitted, { failures: 3, restsUntilMs: 2_000 })
  t.equal(admitCall(admitted ?? NO_FAILURES, 1_500, LIMITS), undefined)
  t.equal(admitCall(admitted ?? NO_FAILURES, 1_999, LIMITS), undefined)
  t.match(admitCall(admitted ?? NO_FAILURES, 2_000, LIMITS), { failures: 3, restsUntilMs: 2_500 })
})

t.test('a failure while resting begins the pause again', async (t) => {
  t.match(afterFailure(RESTING, 1_900, LIMITS), { failures: 4, restsUntilMs: 2_400 })
})

t.test('a success ends a rest, and all failures before it', async (t) => {
  const rested = afterSuccess(RESTING, 1_600, LIMITS)
  t.equal(isResting(rested, LIMITS), false)
  t.match(rested, { failures: 0, restedAtMs: 1_600 })
  const once = afterFailure(NO_FAILURES, 1_000, LIMITS)
  t.match(afterSuccess(once, 1_100, LIMITS), { failures: 0, restedAtMs: undefined })
})

t.test('an answer that is no use leaves the count, and lets the next call through', async (t) => {
  const twice = { ...RESTING, failures: 2, restsUntilMs: 700 }
  t.same(afterUnusableAnswer(twice, 900), { ...twice, restsUntilMs: 900 })
  const resting = afterUnusableAnswer(RESTING, 900)
  t.equal(isResting(resting, LIMITS), true)
  t.match(admitCall(resting, 900, LIMITS), { failures: 3, restsUntilMs: 1_400 })
})

const FLAPPING: BreakerLimits = { ...LIMITS, flapping: { calmMs: 10_000, pauseMsMax: 1_600 } }

/** The pause of a rest that begins `afterMs` after a rest with a pause of `formerMs` ended. */
function pauseAfter(formerMs: number, afterMs: number, limits: BreakerLimits): number {
  let state: BreakerState = { ...NO_FAILURES, pauseMs: formerMs, restedAtMs: 5_000 }
  for (const failure of [1, 2, 3]) {
    t.equal(state.failures, failure - 1)
    state = afterFailure(state, 5_000 + afterMs, limits)
  }
  return state.restsUntilMs - 5_000 - afterMs
}

const PAUSES: readonly (readonly [formerMs: number, afterMs: number, pauseMs: number])[] = [
  [500, 0, 1_000],
  [500, 9_999, 1_000],
  [500, 10_000, 500],
  [800, 1, 1_600],
  [801, 1, 1_600],
  [1_600, 1, 1_600],
]
for (const [formerMs, afterMs, pauseMs] of PAUSES) {
  t.test(`a rest ${afterMs} ms after one of ${formerMs} ms pauses for ${pauseMs} ms`, async (t) => {
    t.equal(pauseAfter(formerMs, afterMs, FLAPPING), pauseMs)
    t.equal(pauseAfter(formerMs, afterMs, LIMITS), 500, 'without limits for flapping')
  })
}

const FLAPPING_AS_SET: BreakerLimits = {
  failuresMax: 5,
  pauseMs: 500,
  flapping: { calmMs: 30_000, pauseMsMax: 8_000 },
}

t.test('what works only half of the time rests at most 15 times a minute', async (t) => {
  let state = NO_FAILURES
  let rests = 0
  for (let nowMs = 0; nowMs < 60_000; nowMs += 10) {
    const admitted = admitCall(state, nowMs, FLAPPING_AS_SET)
    if (admitted === undefined) continue
    const wasResting = isResting(state, FLAPPING_AS_SET)
    const works = nowMs % 1_100 < 500
    state = works
      ? afterSuccess(admitted, nowMs, FLAPPING_AS_SET)
      : afterFailure(admitted, nowMs, FLAPPING_AS_SET)
    if (!wasResting && isResting(state, FLAPPING_AS_SET)) rests += 1
  }
  t.ok(rests > 1 && rests <= 15, `${rests} rests`)
})
