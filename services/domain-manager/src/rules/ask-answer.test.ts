import t from 'tap'
import { answerAsk, ASK_DECISIONS, heldBack, NOT_A_HOSTNAME } from './ask-answer.ts'

const CASES = [
  ['pending_verification', 'not_permitted', 403],
  ['verified', 'allowed', 200],
  ['active', 'allowed', 200],
  ['degraded', 'allowed', 200],
  ['suspended', 'not_permitted', 403],
] as const

t.test('verified, active and degraded domains may have a certificate, no others', async (t) => {
  for (const [status, decision, httpStatus] of CASES) {
    t.match(answerAsk(status, true), { decision, reason: status })
    t.equal(ASK_DECISIONS[decision], httpStatus)
  }
  t.match(answerAsk(undefined, true), { decision: 'not_known', reason: 'unknown_hostname' })
  t.equal(ASK_DECISIONS.not_known, 404)
})

t.test('before the hostnames were ever read nothing can be told', async (t) => {
  t.match(answerAsk(undefined, false), { decision: 'cannot_tell', reason: 'no_snapshot' })
  t.match(answerAsk('active', false), { decision: 'cannot_tell' })
  t.equal(ASK_DECISIONS.cannot_tell, 503)
})

t.test('every answer exists once', async (t) => {
  t.equal(answerAsk('active', true), answerAsk('active', true))
  t.equal(answerAsk(undefined, true), answerAsk(undefined, true))
  t.equal(ASK_DECISIONS[NOT_A_HOSTNAME.decision], 400)
})

t.test('a hostname that is held back is not permitted for a while', async (t) => {
  t.same(heldBack('Many.', 5), {
    decision: 'not_permitted',
    reason: 'held_back',
    message: 'Many.',
    retryAt: 5,
  })
})
