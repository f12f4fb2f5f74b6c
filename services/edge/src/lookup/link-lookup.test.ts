import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { Change } from '@fingerpost/contract/core-api'
import { activeDomain, plainLink, targetOf } from '../../test/support/served.ts'
import { DEFAULT_LIMITS } from '../../test/support/test-edge.ts'
import { STREAM_LOST_MS, STREAM_SILENT_MS } from '../rules/cache-policy.ts'
import { ChangeMemory } from './change-memory.ts'
import { LinkLookup, type Found } from './link-lookup.ts'

const TARGET = targetOf('links.example.com', 'spring')
const DOMAIN = activeDomain('links.example.com')
const LINK = plainLink('lnk_1', 'spring')

const MANY = Array.from({ length: 50 }, (_, index) =>
  targetOf('links.example.com', `many-${index}`),
)

const hostnameChanged = (sequence: number): Change => ({
  kind: 'hostname_changed',
  sequence,
  committedAt: 0,
  hostname: TARGET.hostname,
  status: 'active',
  certificate: 'none',
  mayHoldUntil: undefined,
})
const linkChanged = (sequence: number): Change => ({
  kind: 'link_changed',
  sequence,
  committedAt: 0,
  ...TARGET,
})

/** A lookup whose core has seen everything up to `sequence`, and how often it was asked. */
function lookupAt(sequence: number) {
  let asked = 0
  const clock = { ms: 0 }
  const ignore = (): void => {}
  const lookup = new LinkLookup(DEFAULT_LIMITS, {
    tier: {
      async get() {
        asked += 1
        return {
          kind: 'answered',
          tier: 'core',
          lookup: { sequence, lineage: 'one', domain: DOMAIN, link: LINK },
          ageMs: 0,
        }
      },
    },
    memory: new ChangeMemory(8),
    uptimeMs: () => clock.ms,
    events: {
      onHit: ignore,
      onMiss: ignore,
      onStale: ignore,
      onRefused: ignore,
      onOutdated: ignore,
      onShed: ignore,
    },
  })
  const find = () => new Promise<Found>((resolve) => lookup.find(TARGET, resolve))
  return { lookup, clock, find, asked: () => asked }
}

t.test('changes that an answer has seen take nothing out of L1', async (t) => {
  const { lookup, find, asked } = lookupAt(5)
  await find()
  // An edge that has just started is told all changes that are kept, these among them.
  for (const change of [hostnameChanged(4), linkChanged(5)]) lookup.apply(change)
  lookup.apply({ kind: 'heartbeat', sequence: 5, lineage: 'one' })
  t.match(await find(), { kind: 'known', tier: 'l1' })
  t.equal(asked(), 1)
})

for (const change of [hostnameChanged(6), linkChanged(6)]) {
  t.test(`a ${change.kind} that an answer has not seen drops it`, async (t) => {
    const { lookup, find, asked } = lookupAt(5)
    await find()
    lookup.apply(change)
    await find()
    t.ok(asked() > 1)
  })
}

t.test('after a reset no sequence of before counts', async (t) => {
  const { lookup, find, asked } = lookupAt(5)
  await find()
  lookup.apply({ kind: 'reset', sequence: 2, lineage: 'one' })
  lookup.apply(linkChanged(3))
  await find()
  t.ok(asked() > 1)
})

t.test('a stream counts as lost from its last word on, whenever that is noticed', async (t) => {
  const { lookup, clock, find, asked } = lookupAt(5)
  await find()
  lookup.apply({ kind: 'heartbeat', sequence: 5, lineage: 'one' })
  clock.ms = 15_000
  lookup.loseTrack()
  clock.ms = STREAM_LOST_MS - 1
  t.match(await find(), { tier: 'l1' })
  clock.ms = STREAM_LOST_MS
  t.match(await find(), { tier: 'core' })
  t.equal(asked(), 2)
})

t.test('only so many entries are confirmed at a time, and all are used meanwhile', async (t) => {
  const { lookup, clock, find, asked } = lookupAt(5)
  await find()
  lookup.apply({ kind: 'heartbeat', sequence: 5, lineage: 'one' })
  const { countMax, windowMs } = DEFAULT_LIMITS.refreshes
  const findAll = async (): Promise<void> => {
    for (const target of MANY) lookup.find(target, () => undefined)
    await setImmediate()
  }
  await findAll()
  clock.ms = DEFAULT_LIMITS.cache.ttlMs
  lookup.apply({ kind: 'heartbeat', sequence: 5, lineage: 'one' })
  const before = asked()
  await findAll()
  t.equal(asked(), before + countMax)
  clock.ms += windowMs
  await findAll()
  t.equal(asked(), before + 2 * countMax)
})

t.test('after a standstill nobody trusts what was heard before it', async (t) => {
  const { lookup, clock, find, asked } = lookupAt(5)
  await find()
  lookup.apply({ kind: 'heartbeat', sequence: 5, lineage: 'one' })
  const lease = lookup.lease(TARGET)
  if (lease === undefined) throw new Error('There is no lease.')
  clock.ms = STREAM_SILENT_MS - 1
  t.equal(lookup.holds(lease, clock.ms), true)
  clock.ms = STREAM_LOST_MS
  t.equal(lookup.holds(lease, clock.ms), false, 'although nobody has noticed yet')
  t.match(await find(), { tier: 'core' })
  t.equal(asked(), 2)

  lookup.apply({ kind: 'heartbeat', sequence: 5, lineage: 'one' })
  t.match(await find(), { tier: 'l1' })
  lookup.missTime()
  t.match(await find(), { tier: 'core' })
})
