import t from 'tap'
import { standstillDetector } from './standstill.ts'

const STEPS = [
  { when: 'both clocks go on', wallMs: 60_000, uptimeMs: 60_000, wasStill: false },
  { when: 'the wall clock is corrected a little', wallMs: 3_000, uptimeMs: 1_000, wasStill: false },
  { when: 'the machine was suspended', wallMs: 30_000, uptimeMs: 1_000, wasStill: true },
  { when: 'the wall clock is set back', wallMs: -30_000, uptimeMs: 1_000, wasStill: true },
] as const

for (const { when, wallMs, uptimeMs, wasStill } of STEPS) {
  t.test(`when ${when} this is ${wasStill ? 'a' : 'no'} standstill, and told once`, async (t) => {
    const clock = { wallMs: 1_800_000_000_000, uptimeMs: 5_000 }
    const detect = standstillDetector({ now: () => clock.wallMs, uptimeMs: () => clock.uptimeMs })
    t.equal(detect(), false)
    clock.wallMs += wallMs
    clock.uptimeMs += uptimeMs
    t.equal(detect(), wasStill)
    t.equal(detect(), false)
  })
}
