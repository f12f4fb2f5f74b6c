import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import type { Change, Lineage, WatchFrom } from '@fingerpost/contract/core-api'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { hostnameOf } from '@fingerpost/contract/fake-rows'
import { AppError } from '@fingerpost/model/errors'
import { followChanges, type ChangeTarget } from './change-follower.ts'

const BACKOFF = { firstMs: 100, factor: 2, maxMs: 1_000 }

function follow() {
  const clock = new FakeClock()
  const core = new FakeCore({ now: () => clock.now() })
  const applied: Change[] = []
  const events: string[] = []
  const acknowledged: number[] = []
  const lags: number[] = []
  const opened: WatchFrom[] = []
  const target: ChangeTarget & {
    isConnected: boolean
    sequence: number
    lineage: Lineage | undefined
  } = {
    sequence: 0,
    lineage: undefined,
    isConnected: false,
    apply(change: Change) {
      applied.push(change)
      target.sequence = change.sequence
      if ('lineage' in change) target.lineage = change.lineage
      if (change.kind === 'heartbeat') target.isConnected = true
    },
    loseTrack() {
      target.isConnected = false
    },
  }
  const stop = new AbortController()
  const ended = followChanges(
    { edgeId: 'edge-1', backoff: BACKOFF, signal: stop.signal },
    {
      core: {
        watchChanges(from, signal) {
          opened.push(from)
          return core.watchChanges(from, signal)
        },
      },
      target,
      clock,
      random: () => 1,
      acknowledger: {
        acknowledge: (sequence) => acknowledged.push(sequence),
        startOver: () => acknowledged.push(-1),
      },
      onLag: (lagMs) => lags.push(lagMs),
      onConnected: () => events.push('connected'),
      onLost: () => events.push('lost'),
      onFailed: () => events.push('failed'),
    },
  )
  return { clock, core, applied, events, acknowledged, lags, opened, target, stop, ended }
}

t.test('changes are applied in order, once, and the stream goes on where it broke', async (t) => {
  const { clock, core, applied, events, target, stop, ended } = follow()
  const id = core.givenDomain({ hostname: 'links.example.com', status: 'active' })
  await clock.advance(0)
  t.same(applied.map(kindAndSequence), ['hostname_changed 1', 'heartbeat 1'])
  core.down()
  await clock.advance(0)
  t.equal(target.isConnected, false)
  core.changeDomain(id, { status: 'suspended' })
  core.up()
  await clock.advance(99)
  t.equal(applied.length, 2, 'not tried again yet')
  await clock.advance(1)
  t.same(applied.slice(2).map(kindAndSequence), ['hostname_changed 2', 'heartbeat 2'])
  t.same(events, ['connected', 'lost', 'connected'])
  stop.abort()
  await ended
  t.equal(core.watchers, 0)
})

t.test(
  'a core that stays away is tried after longer and longer pauses, up to a second',
  async (t) => {
    const { clock, core, events, stop, ended } = follow()
    core.down()
    await clock.advance(0)
    const attempts: number[] = []
    for (let ms = 0; ms < 4_000; ms += 50) {
      await clock.advance(50)
      if (core.calls.watchChanges > attempts.length) attempts.push(clock.now())
    }
    t.same(attempts, [50, 100, 300, 700, 1_500, 2_500, 3_500])
    t.same(events, Array<string>(7).fill('failed'))
    stop.abort()
    await ended
  },
)

t.test('a stop is neither a loss nor a failure', async (t) => {
  const { clock, target, events, stop, ended } = follow()
  await clock.advance(0)
  stop.abort()
  await ended
  t.same(events, ['connected'])
  t.equal(target.isConnected, false)
})

t.test('a failure before the stream has caught up is told with its cause', async (t) => {
  const { clock, core, events, stop, ended } = follow()
  core.down(new AppError('token_invalid', 'No.'))
  await clock.advance(0)
  t.same(events, ['failed'])
  stop.abort()
  await ended
})

t.test('a stream goes on in the history that was told last, and from the oldest', async (t) => {
  const { clock, core, opened, stop, ended } = follow()
  core.givenDomain({ hostname: 'links.example.com', status: 'active' })
  await clock.advance(0)
  core.down()
  core.up()
  await clock.advance(100)
  const every = { edgeId: 'edge-1', fromOldest: true }
  t.same(opened, [
    { ...every, afterSequence: 0 },
    { ...every, afterSequence: 1, lineage: core.lineage },
  ])
  stop.abort()
  await ended
})

t.test('what is applied is acknowledged, and each stream begins to do so anew', async (t) => {
  const { clock, core, applied, acknowledged, stop, ended } = follow()
  const id = core.givenDomain({ hostname: 'links.example.com', status: 'active' })
  await clock.advance(0)
  core.changeDomain(id, { status: 'suspended' })
  await clock.advance(0)
  t.same(acknowledged, [-1, 1, 1, 2])
  t.equal(applied.length, 3)
  core.down()
  core.up()
  await clock.advance(100)
  t.same(acknowledged.slice(4), [-1, 2])
  stop.abort()
  await ended
})

t.test('how long a change took is told of those that come while the stream stands', async (t) => {
  const { clock, core, lags, stop, ended } = follow()
  const id = core.givenDomain({ hostname: 'links.example.com', status: 'active' })
  await clock.advance(40)
  t.same(lags, [], 'missed ones are as old as they are')
  core.changeDomain(id, { status: 'suspended' })
  await clock.advance(0)
  const { sequence } = core
  const hostname = hostnameOf('links.example.com')
  const change = {
    kind: 'hostname_changed',
    hostname,
    status: undefined,
    certificate: 'none',
    mayHoldUntil: undefined,
  } as const
  core.emit({ ...change, sequence: sequence + 1, committedAt: clock.now() - 25 })
  core.emit({ ...change, sequence: sequence + 2, committedAt: clock.now() + 1_000 })
  await clock.advance(0)
  t.same(lags, [0, 25, 0], 'never below nothing, whatever the clocks say')
  stop.abort()
  await ended
})

function kindAndSequence({ kind, sequence }: Change): string {
  return `${kind} ${sequence}`
}
