import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { LinkTarget } from '@fingerpost/contract/core-api'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { followChanges } from '../src/lookup/change-follower.ts'
import { ChangeMemory } from '../src/lookup/change-memory.ts'
import { CoreTier } from '../src/lookup/core-tier.ts'
import type { Lease } from '../src/lookup/lease.ts'
import { LinkLookup, type Found, type LookupLimits } from '../src/lookup/link-lookup.ts'
import { dawdle, DelayedCore, seededRandom } from './support/delayed-core.ts'
import { History, type Delivery } from './support/history.ts'
import { DEFAULT_LIMITS, until } from './support/test-edge.ts'
import { nameOf, pick, SLUGS, targetOf, World } from './support/world.ts'

const RUNS = 400
const STEPS = 120

const HOSTNAMES = ['a.example.com', 'b.example.com']
const TARGETS = HOSTNAMES.flatMap((name) => SLUGS.map((slug) => targetOf(name, slug)))

const LIMITS: LookupLimits = {
  cache: {
    entriesMax: 4,
    octetsMax: 1_000_000,
    absentMax: 2,
    ttlMs: 1_000,
    negativeTtlMs: 200,
    staleMsMax: 5_000,
    failure: { retryMs: 100, waitlessMs: 400 },
  },
  refreshes: DEFAULT_LIMITS.refreshes,
  // Why so many attempts: without failures every lookup is to end with an answer.
  flights: { ...DEFAULT_LIMITS.flights, attemptsMax: 1_000, lookupMsMax: 1_000_000 },
}

// A reset and a failing core together may serve what is older, and say so in
// docs/edge.md; each alone may not.
const WEATHERS = {
  'changes only': { failure: 0, breakage: 0, forgets: false },
  'broken streams': { failure: 0, breakage: 0.1, forgets: false },
  'broken streams and resets': { failure: 0, breakage: 0.1, forgets: true },
  'broken streams and failing lookups': { failure: 0.3, breakage: 0.1, forgets: false },
}

for (const [name, weather] of Object.entries(WEATHERS)) {
  t.test(`no answer is older than a change applied before it: ${name}`, async (t) => {
    const totals = { answers: 0, outdated: 0, stale: 0, l1: 0, resets: 0, cannotTell: 0, leased: 0 }
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const { deliveries, history, asked, counts } = await run(seed, weather)
      const complaints = deliveries.flatMap((one) => history.complaintAbout(one) ?? [])
      if (complaints.length > 0) t.fail(`seed ${seed}: ${complaints[0]}`)
      if (deliveries.length !== asked) t.fail(`seed ${seed}: ${asked} asked, not all answered once`)
      totals.answers += deliveries.length
      totals.cannotTell += deliveries.filter(({ found }) => found.kind === 'cannot_tell').length
      totals.l1 += deliveries.filter((one) => 'tier' in one.found && one.found.tier === 'l1').length
      totals.outdated += counts.outdated
      totals.stale += counts.stale
      totals.resets += counts.resets
      totals.leased += counts.leased
    }
    t.comment(JSON.stringify(totals))
    t.ok(totals.outdated > RUNS / 10, 'changes overtook lookups')
    t.ok(totals.l1 > RUNS, 'L1 answered')
    t.ok(totals.leased > RUNS, 'leases were used')
    t.ok(totals.stale > 0, 'entries were used past their lifetime')
    t.equal(totals.resets > 0, weather.forgets)
    t.equal(totals.cannotTell > 0, weather.failure > 0)
  })
}

type Weather = (typeof WEATHERS)[keyof typeof WEATHERS]

async function run(seed: number, weather: Weather) {
  const random = seededRandom(seed)
  const core = new FakeCore({ now: () => 0 })
  const line = new DelayedCore(core, random, weather)
  const history = new History()
  const deliveries: Delivery[] = []
  const counts = { outdated: 0, stale: 0, resets: 0, leased: 0 }
  let uptimeMs = 0

  const lookup = new LinkLookup(LIMITS, {
    tier: new CoreTier(
      { failuresMax: 3, pauseMs: 100 },
      {
        core: line,
        uptimeMs: () => uptimeMs,
        onOutcome: () => undefined,
        onRest: () => undefined,
      },
    ),
    memory: new ChangeMemory(8),
    uptimeMs: () => uptimeMs,
    events: {
      onHit: () => undefined,
      onMiss: () => undefined,
      onStale: () => (counts.stale += 1),
      onRefused: () => undefined,
      onOutdated: () => (counts.outdated += 1),
      onShed: () => undefined,
    },
  })
  const leases = new Map<string, Lease>()
  let asked = 0
  const ask = (target: LinkTarget): void => {
    asked += 1
    const note = (found: Found): void => {
      const name = nameOf(target)
      deliveries.push({ target: name, found, applied: lookup.sequence, head: core.sequence })
    }
    const lease = leases.get(nameOf(target))
    if (lease !== undefined && lookup.holds(lease, uptimeMs)) {
      counts.leased += 1
      note({ kind: 'known', tier: 'l1', domain: lease.domain, link: lease.link })
      return
    }
    lookup.find(target, (found) => {
      note(found)
      const next = lookup.lease(target)
      if (next !== undefined) leases.set(nameOf(target), next)
    })
  }
  const note = async (): Promise<void> => {
    for (const target of TARGETS) history.note(nameOf(target), await core.lookupLink(target))
  }

  const stop = new AbortController()
  const following = followChanges(
    { edgeId: 'edge-1', backoff: { firstMs: 1, factor: 1, maxMs: 1 }, signal: stop.signal },
    {
      core: line,
      target: {
        get sequence() {
          return lookup.sequence
        },
        get lineage() {
          return lookup.lineage
        },
        get isConnected() {
          return lookup.isConnected
        },
        apply(change) {
          if (change.kind === 'reset') counts.resets += 1
          lookup.apply(change)
        },
        loseTrack: () => lookup.loseTrack(),
      },
      clock: { now: () => 0, sleep: () => dawdle(random) },
      random,
      acknowledger: { acknowledge: () => undefined, startOver: () => undefined },
      onLag: () => undefined,
      onConnected: () => undefined,
      onLost: () => undefined,
      onFailed: () => undefined,
    },
  )

  await note()
  const world = new World(core, random, HOSTNAMES)
  for (let step = 0; step < STEPS; step += 1) {
    const dice = random()
    if (dice < 0.5) ask(pick(TARGETS, random))
    else if (dice < 0.75) {
      world.change()
      await note()
    } else if (dice < 0.8) uptimeMs += Math.floor(random() * 1_500)
    else if (dice < 0.83 && weather.forgets) core.forgetChanges()
    else await dawdle(random)
  }

  line.isCalm = true
  core.beat()
  uptimeMs += 100
  await until(() => lookup.sequence === core.sequence && lookup.isConnected)
  await until(() => deliveries.length >= asked)
  for (const target of TARGETS) ask(target)
  await until(() => deliveries.length >= asked)
  await setImmediate()
  stop.abort()
  await following
  return { deliveries, history, asked, counts }
}
