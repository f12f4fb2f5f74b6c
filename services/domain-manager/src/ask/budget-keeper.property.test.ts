import * as fc from 'fast-check'
import t from 'tap'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import { listOf, name } from '../../test/hostname-list.ts'
import type { CaddyEvent } from '../rules/caddy-event.ts'
import { BudgetKeeper } from './budget-keeper.ts'
import type { KnownHostname } from './compact-hostnames.ts'

const BEGUN_AT = 1_800_000_000_000
const DAY_MS = 86_400_000
const CERTIFICATE_MS = 90 * DAY_MS
/** So long a new ask misses what Caddy says: it tries no more often to reach one. */
const LOST_MS = 10_000
const OWN_RETRY_MS = 60_000
// Core has heard of no certificate: the budget has to know by itself.
const PERMITTED: KnownHostname = { status: 'active', certificate: 'none', mayHoldUntil: undefined }
const NAMES = ['a.acme.com', 'b.acme.com', 'c.other.com'].map((text) => name(text))

type Outcome = 'issued' | 'failed' | 'limited'
type Step =
  | { readonly kind: 'ask'; readonly of: number; readonly outcome: Outcome }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'clock'; readonly aheadMs: number }
  | { readonly kind: 'restart' | 'prune' }

const outcome = fc.constantFrom<Outcome[]>('issued', 'failed', 'limited')
const arbitraryStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask'), of: fc.nat(2), outcome }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.nat(2 * OWN_RETRY_MS) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.nat(20 * DAY_MS) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('clock'),
      aheadMs: fc.integer({ min: -DAY_MS, max: DAY_MS }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('restart', 'prune') }) },
)

/** One Caddy with its storage, and the budget that hears of it only what its log says. */
class World {
  #budget = new BudgetKeeper()
  readonly #stored = new Map<Hostname, EpochMs>()
  readonly #retries = new Map<Hostname, EpochMs>()
  #now = BEGUN_AT
  #aheadMs = 0
  #isHeardAt = 0

  constructor() {
    this.#budget.begin(listOf({}).hostnames, BEGUN_AT)
    this.#say({ kind: 'order_begun', hostname: name('first.example.org'), isRenewal: false })
  }

  /** @returns whether a hostname was refused that has a certificate */
  take(step: Step): boolean {
    if (step.kind === 'ask') return this.#ask(NAMES[step.of] ?? name('x.test'), step.outcome)
    if (step.kind === 'wait') this.#wait(step.ms)
    if (step.kind === 'clock') this.#setClock(step.aheadMs)
    if (step.kind === 'prune') this.#budget.prune(this.#clock, () => false)
    if (step.kind === 'restart') this.#restart()
    return false
  }

  get #clock(): EpochMs {
    return this.#now + this.#aheadMs
  }

  #ask(hostname: Hostname, result: Outcome): boolean {
    const hasOne = (this.#stored.get(hostname) ?? 0) > this.#now
    const { kind } = this.#budget.judge(hostname, PERMITTED, this.#clock)
    if (kind === 'held_back') return hasOne
    if (!hasOne) this.#order(hostname, result)
    return false
  }

  #order(hostname: Hostname, result: Outcome): void {
    this.#say({ kind: 'order_begun', hostname, isRenewal: this.#stored.has(hostname) })
    this.#now += 1_000
    if (result === 'issued') {
      this.#stored.set(hostname, this.#now + CERTIFICATE_MS)
      this.#say({ kind: 'issued', hostname, isRenewal: false, evidence: [] })
      return
    }
    this.#retries.set(hostname, this.#now + OWN_RETRY_MS)
    this.#say({
      kind: 'failed',
      hostname,
      error: { code: result === 'limited' ? 'rate_limited' : 'dns', message: '' },
      isValidationFailure: result === 'failed',
      limit: result === 'limited' ? 'registrable_domain' : undefined,
      retryAt: this.#clock + DAY_MS,
      evidence: [],
    })
  }

  // What Caddy tries again by itself goes well, which is the worst for a budget that missed it.
  #wait(ms: number): void {
    const until = this.#now + ms
    for (const [hostname, at] of this.#retries) {
      if (at > until) continue
      this.#retries.delete(hostname)
      this.#now = Math.max(this.#now, at)
      if ((this.#stored.get(hostname) ?? 0) <= this.#now) this.#order(hostname, 'issued')
    }
    this.#now = Math.max(this.#now, until)
  }

  // Why not before all retries are over: a clock that jumps ahead looks like hours without an event.
  #setClock(aheadMs: number): void {
    this.#wait(OWN_RETRY_MS)
    this.#aheadMs = aheadMs
  }

  #restart(): void {
    const state = structuredClone(this.#budget.state)
    this.#budget = new BudgetKeeper()
    this.#budget.restore(state, this.#clock)
    this.#isHeardAt = this.#now + LOST_MS
  }

  #say(event: DistributiveOmit<CaddyEvent, 'at'>): void {
    if (this.#now < this.#isHeardAt) return
    this.#budget.note({ ...event, at: this.#clock }, this.#clock)
  }
}

type DistributiveOmit<Union, Key extends string> = Union extends unknown ? Omit<Union, Key> : never

t.test('no lost line, restart or clock has a certificate refused', async (t) => {
  fc.assert(
    fc.property(fc.array(arbitraryStep, { maxLength: 60 }), (steps) => {
      const world = new World()
      return !steps.some((step) => world.take(step))
    }),
    { numRuns: 10_000 },
  )
  t.pass('10,000 lives')
})
