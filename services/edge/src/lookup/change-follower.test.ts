import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import type { Change } from '@fingerpost/contract/core-api'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { AppError } from '@fingerpost/model/errors'
import { followChanges } from './change-follower.ts'

const BACKOFF = { firstMs: 100, factor: 2, maxMs: 1_000 }

function follow() {
  const clock = new FakeClock()
  const core = new FakeCore({ now: () => clock.now() })
  const applied: Change[] = []
  const events: string[] = []
  const target = {
    sequence: 0,
    isConnected: false,
    apply(change: Change) {
      applied.push(change)
      target.sequence = change.sequence
      if (change.kind === 'heartbeat') target.isConnected = true
    },
    loseTrack() {
      target.isConnected = false
    },
  }
  const stop = new AbortController()
  const ended = followChanges(
    { backoff: BACKOFF, signal: stop.signal },
    {
      core,
      target,
      clock,
      random: () => 1,
      onConnected: () => events.push('connected'),
      onLost: () => events.push('lost'),
      onFailed: () => events.push('failed'),
    },
  )
  return { clock, core, applied, events, target, stop, ended }
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

function kindAndSequence({ kind, sequence }: Change): string {
  return `${kind} ${sequence}`
}
