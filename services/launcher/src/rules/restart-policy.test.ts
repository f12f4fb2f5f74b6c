import t from 'tap'
import { afterExit, STABLE_MS } from './restart-policy.ts'

const RUN = { ranMs: 10, failuresBefore: 0, startError: undefined, isFirstStart: true }

const CASES = [
  { when: 'it crashes at its first start', run: RUN, then: { kind: 'restart', failures: 1 } },
  {
    when: 'it crashes again',
    run: { ...RUN, failuresBefore: 4 },
    then: { kind: 'restart', failures: 5 },
  },
  {
    when: 'it ran just too short to be stable',
    run: { ...RUN, failuresBefore: 4, ranMs: STABLE_MS - 1 },
    then: { kind: 'restart', failures: 5 },
  },
  {
    when: 'it ran long enough to be stable',
    run: { ...RUN, failuresBefore: 4, ranMs: STABLE_MS },
    then: { kind: 'restart', failures: 1 },
  },
  {
    when: 'its first start says that it cannot start',
    run: { ...RUN, startError: 'The address is taken.' },
    then: { kind: 'give_up', message: 'The address is taken.' },
  },
  {
    when: 'a later start says that it cannot start',
    run: { ...RUN, startError: 'The address is taken.', isFirstStart: false },
    then: { kind: 'restart', failures: 1 },
  },
] as const

for (const { when, run, then } of CASES) {
  t.test(`when ${when}: ${then.kind} ${'failures' in then ? then.failures : ''}`, async (t) => {
    t.same(afterExit(run), then)
  })
}
