import t from 'tap'
import { hourOf } from './click.ts'

const HOUR_MS = 3_600_000

for (const [instant, hour] of [
  [0, 0],
  [1, 0],
  [HOUR_MS - 1, 0],
  [HOUR_MS, HOUR_MS],
  [1_800_000_000_000 + 1_234, 1_800_000_000_000],
] as const) {
  t.test(`${instant} lies in the hour that begins at ${hour}`, async (t) => {
    t.equal(hourOf(instant), hour)
  })
}
