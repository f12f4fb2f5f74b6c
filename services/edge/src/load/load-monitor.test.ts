import t from 'tap'
import { LoadMonitor } from './load-monitor.ts'
import { usedMemoryShare } from './process-memory.ts'

const LIMITS = {
  sampleMs: 100,
  samplesPerRelief: 3,
  lateMsMax: 200,
  calmMsMax: 50,
  memoryShareMax: 0.85,
  calmShareMax: 0.75,
  lateSamplesMin: 2,
  calmSamplesMin: 2,
}

function watch() {
  const state = { uptimeMs: 0, memoryShare: 0.1, reliefs: 0 }
  const changes: (string | undefined)[] = []
  const monitor = new LoadMonitor(LIMITS, {
    uptimeMs: () => state.uptimeMs,
    memoryShare: () => state.memoryShare,
    onMemoryShort: () => (state.reliefs += 1),
    onChange: (reason) => changes.push(reason),
  })
  /** Takes a sample that comes so much too late. */
  const sample = (lateMs: number): void => {
    state.uptimeMs += LIMITS.sampleMs + lateMs
    monitor.sample()
  }
  return { monitor, state, changes, sample }
}

t.test('samples that come too late again and again are an overload, told once', async (t) => {
  const { monitor, changes, sample, state } = watch()
  for (const lateMs of [200, 0, 200, 200, 500]) sample(lateMs)
  t.same(changes, ['event_loop'])
  t.equal(monitor.reason, 'event_loop')
  for (const lateMs of [49, 50, 0, 49]) sample(lateMs)
  t.same(changes, ['event_loop', undefined])
  t.equal(monitor.reason, undefined)
  t.equal(state.reliefs, 0)
})

t.test('a clock that seems to run ahead is not late', async (t) => {
  const { monitor, changes, state } = watch()
  for (let early = 0; early < 5; early += 1) monitor.sample()
  state.uptimeMs = 50
  monitor.sample()
  t.same(changes, [])
})

t.test('short memory is given back at once, and now and then while it stays short', async (t) => {
  const { changes, sample, state } = watch()
  state.memoryShare = 0.85
  const reliefs: number[] = []
  for (let count = 0; count < 7; count += 1) {
    sample(0)
    reliefs.push(state.reliefs)
  }
  t.same(reliefs, [1, 1, 1, 2, 2, 2, 3])
  state.memoryShare = 0.7
  for (const lateMs of [0, 0]) sample(lateMs)
  t.same(changes, ['memory', undefined])
  state.memoryShare = 0.9
  sample(0)
  t.equal(state.reliefs, 4, 'a new overload begins with it')
})

t.test('a sample is taken by itself until the monitor is stopped', async (t) => {
  const state = { samples: 0 }
  const first = Promise.withResolvers<void>()
  const monitor = new LoadMonitor(
    { ...LIMITS, sampleMs: 1 },
    {
      uptimeMs: () => performance.now(),
      memoryShare: () => {
        state.samples += 1
        first.resolve()
        return 0
      },
      onMemoryShort: () => undefined,
      onChange: () => undefined,
    },
  )
  const running = monitor.start()
  const keepAlive = setTimeout(() => undefined, 10_000)
  await first.promise
  clearTimeout(keepAlive)
  running[Symbol.dispose]()
  t.ok(state.samples > 0)
})

t.test('the memory of this process is neither empty nor full', async (t) => {
  const share = usedMemoryShare(1)
  t.ok(share > 0 && share < 1, `${share}`)
})
