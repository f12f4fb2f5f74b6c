import t from 'tap'
import { FakeClock } from './fake-clock.ts'
import { repeat } from './repeat.ts'

const BACKOFF = { firstMs: 1_000, factor: 2, maxMs: 4_000 }

t.test('runs follow one another with the pause, or with the one a run asks for', async (t) => {
  const clock = new FakeClock()
  const stop = new AbortController()
  const startedAt: number[] = []
  const loop = repeat(
    async () => {
      startedAt.push(clock.now())
      return startedAt.length === 2 ? 7 : undefined
    },
    { pauseMs: 100, backoff: BACKOFF, signal: stop.signal },
    { clock, random: () => 1, onError: (error) => t.fail(String(error)) },
  )
  await clock.advance(250)
  t.same(startedAt, [0, 100, 107, 207])
  stop.abort()
  await loop
})

t.test(
  'a run that throws is reported and followed by growing pauses until one succeeds',
  async (t) => {
    const clock = new FakeClock()
    const stop = new AbortController()
    const startedAt: number[] = []
    const errors: unknown[] = []
    const loop = repeat(
      async () => {
        startedAt.push(clock.now())
        if (startedAt.length <= 4 || startedAt.length === 6) throw new Error('no')
      },
      { pauseMs: 10, backoff: BACKOFF, signal: stop.signal },
      { clock, random: () => 1, onError: (error) => errors.push(error) },
    )
    await clock.advance(12_010)
    t.same(startedAt, [0, 1_000, 3_000, 7_000, 11_000, 11_010, 12_010])
    t.equal(errors.length, 5)
    stop.abort()
    await loop
  },
)

t.test('a run is never started beside another one', async (t) => {
  const clock = new FakeClock()
  const stop = new AbortController()
  let running = 0
  let most = 0
  const loop = repeat(
    async (signal) => {
      running += 1
      most = Math.max(most, running)
      await clock.sleep(1_000, signal)
      running -= 1
    },
    { pauseMs: 1, backoff: BACKOFF, signal: stop.signal },
    { clock, random: () => 1, onError: (error) => t.fail(String(error)) },
  )
  await clock.advance(10_000)
  t.equal(most, 1)
  stop.abort()
  await loop
})

t.test('what a run throws because it is being stopped is no error', async (t) => {
  const clock = new FakeClock()
  const stop = new AbortController()
  const loop = repeat(
    async (signal) => {
      await clock.sleep(1_000, signal)
      signal.throwIfAborted()
    },
    { pauseMs: 1, backoff: BACKOFF, signal: stop.signal },
    { clock, random: () => 1, onError: (error) => t.fail(String(error)) },
  )
  await clock.advance(500)
  stop.abort()
  await loop
  t.equal(clock.sleepers, 0)
})
