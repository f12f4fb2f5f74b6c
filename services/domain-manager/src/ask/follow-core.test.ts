import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import type { WatchFrom } from '@fingerpost/contract/core-api'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { AppError } from '@fingerpost/model/errors'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { listOf, name } from '../../test/hostname-list.ts'
import { collectingLog } from '../../test/world.ts'
import { followCore, RELIST_MS } from './follow-core.ts'
import { HostnameTable } from './hostname-table.ts'

function startFollowing(
  core: Pick<FakeCore, 'listHostnames' | 'watchChanges'>,
  clock: FakeClock,
  table = new HostnameTable(7),
) {
  const stop = new AbortController()
  const { log, lines } = collectingLog()
  const end = followCore(table, core, stop.signal, { clock, random: () => 1, log, onList() {} })
  return {
    table,
    lines,
    statusOf(name: string) {
      const hostname = canonicalHostname(name)
      return hostname === undefined ? undefined : table.statusOf(hostname)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await end
    },
  }
}

const world = () => {
  const clock = new FakeClock(1_000)
  return { clock, core: new FakeCore({ now: () => clock.now() }) }
}

t.test('the list is read, then every change after it', async (t) => {
  const { clock, core } = world()
  const id = core.givenDomain({ hostname: 'a.example.com', status: 'active' })
  await using follower = startFollowing(core, clock)
  await clock.advance(0)
  t.equal(follower.statusOf('a.example.com'), 'active')
  t.equal(follower.table.isFollowing, true)

  core.changeDomain(id, { status: 'degraded' })
  core.givenDomain({ hostname: 'b.example.com' })
  await clock.advance(0)
  t.equal(follower.statusOf('a.example.com'), 'degraded')
  t.equal(follower.statusOf('b.example.com'), 'pending_verification')
  t.equal(follower.table.sequence, core.sequence)

  core.deleteDomain(id)
  await clock.advance(0)
  t.equal(follower.statusOf('a.example.com'), undefined)
  t.equal(core.calls.listHostnames, 1)
})

t.test('a list of several pages is read whole', async (t) => {
  const { clock, core } = world()
  for (let index = 0; index < 2_500; index += 1) {
    core.givenDomain({ hostname: `n${index}.example.com`, status: 'active' })
  }
  await using follower = startFollowing(core, clock)
  await clock.advance(0)
  const sizes = new Set<number>()
  // Asks get their turn after each page.
  for (let turn = 0; turn < 20; turn += 1) {
    sizes.add(follower.table.size)
    await nextTurn()
    await clock.advance(0)
  }
  t.same([...sizes], [0, 2_500], 'a part of a list is not believed')
  t.equal(follower.table.size, 2_500)
})

t.test('while core is away everything stays as it was, for however long', async (t) => {
  const { clock, core } = world()
  const id = core.givenDomain({ hostname: 'a.example.com', status: 'active' })
  await using follower = startFollowing(core, clock)
  await clock.advance(0)
  core.down()
  await clock.advance(40 * 86_400)
  t.equal(follower.table.isFollowing, false)
  t.equal(follower.statusOf('a.example.com'), 'active')

  core.up()
  core.changeDomain(id, { status: 'suspended' })
  await clock.advance(5_000)
  t.equal(follower.statusOf('a.example.com'), 'suspended')
  t.equal(follower.table.isFollowing, true)
})

t.test('a long outage is two lines in the log', async (t) => {
  const { clock, core } = world()
  core.down()
  await using follower = startFollowing(core, clock)
  await clock.advance(600_000)
  core.up()
  await clock.advance(5_000)
  const said = follower.lines.filter(({ level, what }) => what !== undefined && level !== 'debug')
  t.same(
    said.map(({ message }) => message),
    ['failed; trying again until it works', 'works again'],
  )
})

t.test('a reset reads the list again, and forgets who is no longer on it', async (t) => {
  const { clock, core } = world()
  const id = core.givenDomain({ hostname: 'a.example.com', status: 'active' })
  core.givenDomain({ hostname: 'b.example.com', status: 'active' })
  await using follower = startFollowing(core, clock)
  await clock.advance(0)
  core.down()
  core.deleteDomain(id)
  core.forgetChanges()
  core.up()
  await clock.advance(5_000)
  t.equal(core.calls.listHostnames, 2)
  t.equal(follower.statusOf('a.example.com'), undefined)
  t.equal(follower.statusOf('b.example.com'), 'active')
})

/** A core whose database can be replaced by another one, as by a restore. */
function replaceableCore(first: FakeCore) {
  let current = first
  return {
    listHostnames: (signal: AbortSignal) => current.listHostnames(signal),
    watchChanges: (from: WatchFrom, signal: AbortSignal) => current.watchChanges(from, signal),
    replaceBy(other: FakeCore) {
      current = other
    },
  }
}

t.test('a core that was restored and has counted on is read anew after its stream', async (t) => {
  const { clock, core: lost } = world()
  lost.deleteDomain(lost.givenDomain({ hostname: 'kept.example.com', status: 'active' }))
  const core = replaceableCore(lost)
  await using follower = startFollowing(core, clock)
  await clock.advance(0)
  t.equal(follower.statusOf('kept.example.com'), undefined)

  const restored = new FakeCore({ now: () => clock.now() })
  restored.givenDomain({ hostname: 'kept.example.com', status: 'active' })
  restored.givenDomain({ hostname: 'other.example.com', status: 'active' })
  t.equal(restored.sequence, lost.sequence, 'its changes look as if nothing was missed')
  lost.down()
  core.replaceBy(restored)
  restored.failNext('listHostnames', new AppError('core_unavailable', 'not yet'))
  await clock.advance(5_000)
  t.equal(follower.statusOf('kept.example.com'), 'active')
  t.equal(follower.statusOf('other.example.com'), 'active')
})

t.test('a core that was restored does not undo that a certificate may be held', async (t) => {
  const { clock, core } = world()
  core.givenDomain({ hostname: 'a.example.com', status: 'active' })
  core.givenDomain({ hostname: 'b.example.com', status: 'active' })
  const table = new HostnameTable(7)
  const { hostnames } = listOf({ 'a.example.com': 'active', 'gone.example.com': 'active' })
  table.replace({ hostnames, sequence: 99, currentAt: 0 })
  const hold = { certificate: 'issued', mayHoldUntil: 5_000 } as const
  for (const text of ['a.example.com', 'gone.example.com']) {
    table.applyCertificate(name(text), hold)
  }
  await using follower = startFollowing(core, clock, table)
  await clock.advance(0)
  t.match(table.get(name('a.example.com')), { certificate: 'none', mayHoldUntil: 5_000 })
  t.match(table.get(name('b.example.com')), { mayHoldUntil: undefined })
  t.equal(follower.statusOf('gone.example.com'), undefined)
})

t.test('the list is read anew every ten minutes although the stream holds', async (t) => {
  const { clock, core: behind } = world()
  behind.givenDomain({ hostname: 'a.example.com', status: 'active' })
  const core = replaceableCore(behind)
  await using follower = startFollowing(core, clock)
  await clock.advance(0)
  const truth = new FakeCore({ now: () => clock.now() })
  truth.givenDomain({ hostname: 'a.example.com', status: 'suspended' })
  core.replaceBy(truth)

  // The source of chance says 1 here: a tenth later than usual.
  await clock.advance(RELIST_MS * 1.1 - 1)
  behind.beat()
  await clock.advance(0)
  t.equal(follower.statusOf('a.example.com'), 'active')
  await clock.advance(1)
  behind.beat()
  await clock.advance(0)
  t.equal(follower.statusOf('a.example.com'), 'suspended')
  t.equal(follower.table.isFollowing, true)
  t.equal(behind.watchers, 0)
  t.same([behind.calls.listHostnames, truth.calls.listHostnames], [1, 1])
})

t.test(
  'a stream that breaks at once each time does not have the list read all the time',
  async (t) => {
    const { clock, core } = world()
    await using follower = startFollowing(core, clock)
    await clock.advance(0)
    for (let ms = 0; ms < 60_000; ms += 100) {
      core.down()
      core.up()
      await clock.advance(100)
    }
    t.ok(core.calls.listHostnames < 25, `${core.calls.listHostnames} lists in a minute`)
    await clock.advance(5_000)
    t.equal(follower.table.isFollowing, true)
  },
)

t.test('a stream that breaks now and then is taken up again at once each time', async (t) => {
  const { clock, core } = world()
  core.givenDomain({ hostname: 'a.example.com', status: 'active' })
  await using follower = startFollowing(core, clock)
  await clock.advance(0)
  for (let breaks = 1; breaks <= 20; breaks += 1) {
    await clock.advance(5_000)
    core.down()
    core.up()
    await clock.advance(200)
    t.equal(follower.table.isFollowing, true)
    t.equal(core.calls.watchChanges, breaks + 1)
  }
})

t.test('a list that breaks off is not believed', async (t) => {
  const { clock } = world()
  const table = new HostnameTable(7)
  const hostname = canonicalHostname('kept.example.com')
  if (hostname !== undefined) {
    table.replace(listOf({ [hostname]: 'active' }))
  }
  for (const pages of [[], [{ sequence: 9, hostnames: [], isLast: false }]]) {
    const broken = {
      async *listHostnames() {
        yield* pages
      },
      watchChanges: () => {
        throw new AppError('core_unavailable', 'not reached')
      },
    }
    const stop = new AbortController()
    const { log } = collectingLog()
    const end = followCore(table, broken, stop.signal, { clock, random: () => 1, log, onList() {} })
    await clock.advance(10_000)
    stop.abort()
    await end
    t.equal(table.size, 1)
  }
})

t.test('losing more than half of the hostnames is said aloud', async (t) => {
  const { clock, core } = world()
  const table = new HostnameTable(7)
  table.replace(
    listOf({ 'a.example.com': 'active', 'b.example.com': 'active', 'c.example.com': 'active' }),
  )
  core.givenDomain({ hostname: 'a.example.com', status: 'active' })
  await using follower = startFollowing(core, clock, table)
  await clock.advance(0)
  const lost = follower.lines.find(({ message }) => String(message).includes('more than half'))
  t.match(lost, { before: 3, after: 1, level: 'warn' })
})

t.test('the age of what is known is the time since core last said anything', async (t) => {
  const { clock, core } = world()
  core.givenDomain({ hostname: 'a.example.com', status: 'active' })
  await using follower = startFollowing(core, clock)
  await clock.advance(5_000)
  t.equal(follower.table.currentAt, 1_000)
  core.beat()
  await clock.advance(0)
  t.equal(follower.table.currentAt, 6_000)
})
