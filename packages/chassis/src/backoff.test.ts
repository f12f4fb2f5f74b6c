import t from 'tap'
import { backoffMs } from './backoff.ts'

const BACKOFF = { firstMs: 100, factor: 2, maxMs: 1_000 }

const CASES = [
  { failures: 1, random: 0, ms: 50 },
  { failures: 1, random: 1, ms: 100 },
  { failures: 2, random: 1, ms: 200 },
  { failures: 4, random: 1, ms: 800 },
  { failures: 5, random: 1, ms: 1_000 },
  { failures: 5, random: 0, ms: 500 },
  { failures: 100_000, random: 1, ms: 1_000 },
]
for (const { failures, random, ms } of CASES) {
  t.test(`after ${failures} failures with jitter ${random} the wait is ${ms} ms`, async (t) => {
    t.equal(backoffMs(failures, BACKOFF, random), ms)
  })
}
