import t from 'tap'
import {
  admitCall,
  afterFailure,
  afterUnusableAnswer,
  isResting,
  NO_FAILURES,
} from './core-breaker.ts'

const LIMITS = { failuresMax: 3, pauseMs: 500 }

t.test('calls are admitted up to the last failure allowed, and not after it', async (t) => {
  let state = NO_FAILURES
  for (const failures of [0, 1, 2]) {
    t.equal(state.failures, failures)
    t.equal(admitCall(state, 1_000, LIMITS), state)
    t.equal(isResting(state, LIMITS), false)
    state = afterFailure(state, 1_000, LIMITS)
  }
  t.equal(isResting(state, LIMITS), true)
  t.equal(admitCall(state, 1_000, LIMITS), undefined)
})

t.test('one call is admitted when the pause ends, and the next after another pause', async (t) => {
  const resting = { failures: 3, restsUntilMs: 1_500 }
  t.equal(admitCall(resting, 1_499, LIMITS), undefined)
  const admitted = admitCall(resting, 1_500, LIMITS)
  t.same(admitted, { failures: 3, restsUntilMs: 2_000 })
  t.equal(admitCall(admitted ?? NO_FAILURES, 1_500, LIMITS), undefined)
  t.equal(admitCall(admitted ?? NO_FAILURES, 1_999, LIMITS), undefined)
  t.same(admitCall(admitted ?? NO_FAILURES, 2_000, LIMITS), { failures: 3, restsUntilMs: 2_500 })
})

t.test('a failure while resting begins the pause again', async (t) => {
  t.same(afterFailure({ failures: 3, restsUntilMs: 0 }, 900, LIMITS), {
    failures: 4,
    restsUntilMs: 1_400,
  })
})

t.test('an answer that is no use leaves the count, and lets the next call through', async (t) => {
  t.same(afterUnusableAnswer({ failures: 2, restsUntilMs: 700 }, 900), {
    failures: 2,
    restsUntilMs: 900,
  })
  const resting = afterUnusableAnswer({ failures: 3, restsUntilMs: 1_400 }, 900)
  t.equal(isResting(resting, LIMITS), true)
  t.same(admitCall(resting, 900, LIMITS), { failures: 3, restsUntilMs: 1_400 })
})
