import t from 'tap'
import { nextLoad, NO_LOAD, type LoadLimits, type LoadState, type ShedReason } from './load.ts'

const LIMITS: LoadLimits = {
  lateMsMax: 200,
  calmMsMax: 50,
  memoryShareMax: 0.85,
  calmShareMax: 0.75,
  lateSamplesMin: 3,
  calmSamplesMin: 2,
}

type Step = readonly [lateMs: number, memoryShare: number, then: ShedReason | undefined]

const COURSES: Readonly<Record<string, readonly Step[]>> = {
  'an idle process': [
    [0, 0.1, undefined],
    [49, 0.74, undefined],
  ],
  'lateness counts after three samples in a row': [
    [200, 0, undefined],
    [200, 0, undefined],
    [200, 0, 'event_loop'],
  ],
  'lateness just below the limit never counts': [
    [199, 0, undefined],
    [199, 0, undefined],
    [199, 0, undefined],
  ],
  'one sample in time begins the count again': [
    [900, 0, undefined],
    [900, 0, undefined],
    [199, 0, undefined],
    [900, 0, undefined],
    [900, 0, undefined],
    [900, 0, 'event_loop'],
  ],
  'memory counts at once, and just below the limit not': [
    [0, 0.849, undefined],
    [0, 0.85, 'memory'],
  ],
  'an overload ends after two calm samples in a row': [
    [0, 0.9, 'memory'],
    [0, 0.749, 'memory'],
    [0, 0.75, 'memory'],
    [0, 0.749, 'memory'],
    [50, 0.749, 'memory'],
    [49, 0.749, 'memory'],
    [49, 0.749, undefined],
  ],
  'memory takes the place of lateness': [
    [300, 0, undefined],
    [300, 0, undefined],
    [300, 0.8, 'event_loop'],
    [300, 0.85, 'memory'],
    [300, 0.8, 'memory'],
  ],
}

for (const [when, steps] of Object.entries(COURSES)) {
  t.test(`load: ${when}`, async (t) => {
    let state: LoadState = NO_LOAD
    for (const [index, [lateMs, memoryShare, then]] of steps.entries()) {
      state = nextLoad(state, { lateMs, memoryShare }, LIMITS)
      t.equal(state.reason, then, `sample ${index + 1}`)
    }
  })
}
