import { getEventListeners } from 'node:events'
import t from 'tap'
import { SYSTEM_CLOCK } from './clock.ts'
import { FakeClock } from './fake-clock.ts'

t.test('sleeps end at their instants, in order, with the code behind them run', async (t) => {
  const clock = new FakeClock(1_000)
  const { signal } = new AbortController()
  const seen: [string, number][] = []
  const sleeper = async (name: string, ...durationsMs: number[]): Promise<void> => {
    for (const durationMs of durationsMs) {
      await clock.sleep(durationMs, signal)
      seen.push([name, clock.now()])
    }
  }
  void sleeper('a', 100, 100)
  void sleeper('b', 150)
  await clock.advance(199)
  t.same(seen, [
    ['a', 1_100],
    ['b', 1_150],
  ])
  t.equal(clock.now(), 1_199)
  t.equal(clock.sleepers, 1)
  await clock.advance(1)
  t.same(seen.at(-1), ['a', 1_200])
  t.equal(clock.sleepers, 0)
})

t.test('an abort ends a sleep, and a sleep that ended leaves no listener behind', async (t) => {
  const clock = new FakeClock()
  const stop = new AbortController()
  const first = clock.sleep(10, stop.signal)
  await clock.advance(10)
  await first
  t.equal(getEventListeners(stop.signal, 'abort').length, 0)

  const second = clock.sleep(10, stop.signal)
  stop.abort()
  await second
  t.equal(clock.sleepers, 0)
  await clock.sleep(10, stop.signal)
})

t.test(
  'the clock of this machine sleeps, and an abort ends its sleep without an error',
  async (t) => {
    const stop = new AbortController()
    const startedAt = SYSTEM_CLOCK.now()
    await SYSTEM_CLOCK.sleep(5, stop.signal)
    t.ok(SYSTEM_CLOCK.now() - startedAt >= 4)
    const long = SYSTEM_CLOCK.sleep(60_000, stop.signal)
    stop.abort()
    await long
    await SYSTEM_CLOCK.sleep(60_000, stop.signal)
  },
)
