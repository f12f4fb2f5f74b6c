import t from 'tap'
import { decideDisabling } from './endpoint-disabling.ts'

t.test('an endpoint is disabled when it says so, or took nothing meanwhile', async (t) => {
  const error = 'The endpoint answered 500.'
  const cases = [
    [{ httpStatus: 500, tookSomething: false }, /three days.*answered 500/],
    [{ httpStatus: undefined, tookSomething: false }, /three days/],
    [{ httpStatus: 500, tookSomething: true }, undefined],
    [{ httpStatus: undefined, tookSomething: true }, undefined],
    [{ httpStatus: 410, tookSomething: true }, /410/],
    [{ httpStatus: 410, tookSomething: false }, /410/],
  ] as const
  for (const [failure, reason] of cases) {
    const decided = decideDisabling({ ...failure, error })
    if (reason === undefined) t.equal(decided, undefined, JSON.stringify(failure))
    else t.match(decided, reason, JSON.stringify(failure))
  }
})
