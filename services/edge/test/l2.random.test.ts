import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { LinkTarget } from '@fingerpost/contract/core-api'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { REDIS_LIMITS } from '../src/limits.ts'
import type { Found, LookupLimits } from '../src/lookup/link-lookup.ts'
import { connectRedis } from '../src/lookup/redis-connection.ts'
import type { EntryStore } from '../src/lookup/redis-tier.ts'
import { DelayedCore, dawdle, seededRandom } from './support/delayed-core.ts'
import { delayedStore, L2Edge, type L2World } from './support/l2-edge.ts'
import { NO_REDIS, startRedis } from './support/redis.ts'
import { DEFAULT_LIMITS, until } from './support/test-edge.ts'
import { Ticks } from './support/ticks.ts'
import { nameOf, pick, SLUGS, targetOf, World } from './support/world.ts'

const RUNS = 250
const STEPS = 60
const EDGES = 3

const HOSTNAMES = ['a.example.com']
const TARGETS = HOSTNAMES.flatMap((name) => SLUGS.map((slug) => targetOf(name, slug)))

const LIMITS: LookupLimits = {
  // Why so little: L1 is to forget, so that L2 has to answer.
  cache: {
    ...DEFAULT_LIMITS.cache,
    entriesMax: 1,
    absentMax: 1,
    ttlMs: 1_000,
    negativeTtlMs: 200,
    staleMsMax: 5_000,
  },
  refreshes: DEFAULT_LIMITS.refreshes,
  flights: { ...DEFAULT_LIMITS.flights, attemptsMax: 1_000, lookupMsMax: 1_000_000 },
}

const WEATHERS = {
  'changes only': { failure: 0, breakage: 0, upheaval: 0, isRestored: false },
  'flushes and new edges': { failure: 0, breakage: 0.1, upheaval: 0.05, isRestored: false },
  'restored databases': { failure: 0, breakage: 0.1, upheaval: 0.05, isRestored: true },
  'everything failing': { failure: 0.25, breakage: 0.1, upheaval: 0.05, isRestored: false },
}

type Weather = (typeof WEATHERS)[keyof typeof WEATHERS]

// Why: a thousand runs.
t.setTimeout(120_000)

t.test('edges, writers and one Redis', { skip: NO_REDIS, timeout: 120_000 }, async (t) => {
  await using redis = await startRedis()
  const address = { host: '127.0.0.1', port: redis.port }
  const ready = Promise.withResolvers<void>()
  using store = connectRedis(
    {
      servers: { kind: 'single', address },
      username: undefined,
      password: undefined,
      database: 0,
      isEncrypted: false,
      ca: undefined,
    },
    REDIS_LIMITS,
    {
      uptimeMs: () => performance.now(),
      onReady: () => ready.resolve(),
      onTrouble: (cause) => ready.reject(cause),
    },
  )
  await ready.promise

  for (const [name, weather] of Object.entries(WEATHERS)) {
    await t.test(
      `no answer is older than what is known or acknowledged: ${name}`,
      { timeout: 60_000 },
      async (t) => {
        const totals = { answers: 0, l2: 0, outdated: 0, restores: 0, cannotTell: 0 }
        for (let seed = 1; seed <= RUNS; seed += 1) {
          const flush = (): Promise<unknown> => redis.ask('flushall')
          const one = await new Run(seed, weather, { store, flush }).play()
          if (one.complaints.length > 0) t.fail(`seed ${seed}: ${one.complaints[0]}`)
          if (one.answers !== one.asked) t.fail(`seed ${seed}: ${one.asked} asked, ${one.answers}`)
          for (const key of ['answers', 'l2', 'outdated', 'restores', 'cannotTell'] as const) {
            totals[key] += one[key]
          }
        }
        t.comment(JSON.stringify({ runs: RUNS, ...totals }))
        t.ok(totals.l2 > RUNS, 'L2 answered')
        t.ok(totals.outdated > RUNS / 10, 'entries of L2 were outdated')
        t.equal(totals.restores > 0, weather.isRestored)
        // Why not after a restore: until an edge is told of it, it takes no answer of another history.
        if (!weather.isRestored) t.equal(totals.cannotTell > 0, weather.failure > 0)
      },
    )
  }
})

class Run {
  readonly complaints: string[] = []
  asked = 0
  answers = 0
  l2 = 0
  outdated = 0
  restores = 0
  cannotTell = 0
  readonly #random: () => number
  readonly #weather: Weather
  readonly #core = new FakeCore({ now: () => 0 })
  readonly #line: DelayedCore
  readonly #ticks = new Ticks()
  readonly #flush: () => Promise<unknown>
  readonly #world: L2World
  readonly #edges: L2Edge[]
  /** What each edge has acknowledged last; an edge that has just started has nothing. */
  readonly #acknowledged = new Map<L2Edge, number>()
  #uptimeMs = 0

  constructor(
    seed: number,
    weather: Weather,
    deps: { readonly store: EntryStore; readonly flush: () => Promise<unknown> },
  ) {
    const random = seededRandom(seed)
    this.#random = random
    this.#weather = weather
    this.#flush = deps.flush
    this.#line = new DelayedCore(this.#core, random, weather)
    const prefix = `${JSON.stringify(weather)} ${seed} `
    this.#world = {
      core: this.#line,
      store: delayedStore(deps.store, { prefix, random, failure: weather.failure }),
      limits: LIMITS,
      random,
      uptimeMs: () => this.#uptimeMs,
      onL2: (outcome) => (this.outdated += outcome === 'outdated' ? 1 : 0),
      onAcknowledged: (edge) => this.#acknowledge(edge),
    }
    this.#edges = Array.from({ length: EDGES }, () => new L2Edge(this.#world))
  }

  async play(): Promise<this> {
    const random = this.#random
    const changes = new World(this.#core, random, HOSTNAMES)
    await this.#note()
    for (let step = 0; step < STEPS; step += 1) {
      const dice = random()
      if (dice < 0.55) this.#ask(pick(this.#edges, random), pick(TARGETS, random))
      else if (dice < 0.7) {
        changes.change()
        await this.#note()
      } else if (dice < 0.75) this.#uptimeMs += Math.floor(random() * 1_500)
      else await dawdle(random)
      if (random() < this.#weather.upheaval) await this.#upheave()
    }
    await this.#comeToRest()
    return this
  }

  #ask(edge: L2Edge, target: LinkTarget): void {
    this.asked += 1
    const isNew = !this.#acknowledged.has(edge)
    const acknowledgedTick = this.#acknowledgedByAll()
    edge.find(target, (found) => {
      const { lineage, sequence } = edge.applied
      const appliedTick = this.#ticks.at(lineage, sequence)
      // Why: nobody waits for an edge that is not connected yet, and it serves what it has
      // learned since its start.
      const tick = isNew ? appliedTick : Math.max(appliedTick, acknowledgedTick)
      this.#judge(nameOf(target), found, tick)
    })
  }

  /** @param tick at which, or later, what was found has to have been true */
  #judge(target: string, found: Found, tick: number): void {
    this.answers += 1
    if (found.kind === 'cannot_tell') this.cannotTell += 1
    else if (found.tier === 'l2') this.l2 += 1
    const complaint = this.#ticks.complaintAbout(target, found, tick)
    if (complaint !== undefined) this.complaints.push(complaint)
  }

  /** Gives the tick of what every edge has acknowledged, as a write that waits for them sees it. */
  #acknowledgedByAll(): number {
    // Why: edges may not have noticed yet that a restored database begins another history.
    if (this.#weather.isRestored || this.#acknowledged.size === 0) return 0
    return Math.min(...this.#acknowledged.values())
  }

  #acknowledge(edge: L2Edge): void {
    const { lineage, sequence } = edge.applied
    if (this.#edges.includes(edge)) this.#acknowledged.set(edge, this.#ticks.at(lineage, sequence))
  }

  async #note(): Promise<void> {
    const lookups = TARGETS.map(
      async (target) => [nameOf(target), await this.#core.lookupLink(target)] as const,
    )
    this.#ticks.note(new Map(await Promise.all(lookups)))
  }

  async #upheave(): Promise<void> {
    const random = this.#random
    if (this.#weather.isRestored && random() < 0.5) await this.#restore()
    else if (random() < 0.5) await this.#flush()
    else {
      const index = Math.floor(random() * EDGES)
      const [old] = this.#edges.splice(index, 1, new L2Edge(this.#world))
      if (old === undefined) return
      this.#acknowledged.delete(old)
      await old.stop()
    }
  }

  /** Restores core's database: it restarts, and is in another history from then on. */
  async #restore(): Promise<void> {
    const { sequence } = this.#core
    const lost = 1 + Math.floor(this.#random() * 4)
    if (lost > sequence) return
    this.restores += 1
    this.#core.down()
    this.#core.restoreTo(sequence - lost)
    this.#core.up()
    const stop = new AbortController()
    for await (const _change of this.#core.watchChanges({ afterSequence: sequence }, stop.signal)) {
      break
    }
    this.#core.beat()
    await this.#note()
  }

  async #comeToRest(): Promise<void> {
    this.#line.isCalm = true
    this.#core.beat()
    this.#uptimeMs += 100
    const isCaughtUp = ({ lookup }: L2Edge): boolean =>
      lookup.isConnected &&
      lookup.sequence === this.#core.sequence &&
      lookup.lineage === this.#core.lineage
    await until(() => {
      // Why again and again: an edge that connects late can begin yet another history.
      if (this.#random() < 0.05) this.#core.beat()
      return this.#edges.every(isCaughtUp)
    })
    await until(() => this.answers >= this.asked)
    for (const edge of this.#edges) for (const target of TARGETS) this.#ask(edge, target)
    await until(() => this.answers >= this.asked)
    await setImmediate()
    await Promise.all(this.#edges.map((edge) => edge.stop()))
  }
}
