import { setImmediate } from 'node:timers/promises'
import type { LinkLookup, LinkTarget } from '@fingerpost/contract/core-api'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import {
  admitCall,
  afterFailure,
  afterSuccess,
  afterUnusableAnswer,
  isResting,
  NO_FAILURES,
  type BreakerLimits,
  type BreakerState,
} from '../rules/breaker.ts'
import type { ChangeMemory } from './change-memory.ts'
import type { L2Entries } from './l2-entries.ts'
import type { Tier, TierAnswer, Wanted } from './tier.ts'

/** What can become of one lookup in L2. */
export const L2_LOOKUP_OUTCOMES = [
  'hit',
  'miss',
  'outdated',
  'too_old',
  'unusable',
  'failed',
  'overdue',
  'not_asked',
] as const

/** One of `L2_LOOKUP_OUTCOMES`. */
export type L2LookupOutcome = (typeof L2_LOOKUP_OUTCOMES)[number]

/** What can become of one entry to be written to L2. */
export const L2_WRITE_OUTCOMES = ['written', 'failed', 'skipped'] as const

/** One of `L2_WRITE_OUTCOMES`. */
export type L2WriteOutcome = (typeof L2_WRITE_OUTCOMES)[number]

/** What a store says of a key; `refused`: it answered, but only with an error. */
export type StoreReply =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused' }

/** Where texts are kept by key. Both calls reject when the store cannot be reached. */
export type EntryStore = {
  read(key: string): Promise<StoreReply>
  /** Keeps a text until `ttlMs` have passed. */
  write(key: string, text: string, ttlMs: DurationMs): Promise<void>
}

/** How far L2 is used. */
export type L2Limits = {
  /** How long a lookup waits for L2. */
  readonly readMsMax: DurationMs
  /** Most reads that are not answered yet, those included that nobody waits for any more. */
  readonly readsMax: number
  /** Most writes that are not answered yet. */
  readonly writesMax: number
  /** Counted from when core confirmed it, an older entry is of no use to anybody. */
  readonly staleMsMax: DurationMs
  readonly breaker: BreakerLimits
}

/** What the tier uses. */
export type RedisTierDeps = {
  readonly store: EntryStore
  readonly entries: L2Entries
  readonly core: Tier
  readonly memory: Pick<ChangeMemory, 'hasSeen' | 'canVerify'>
  /** Whether all changes up to now are applied, as far as the change stream tells. */
  readonly isConnected: () => boolean
  readonly now: () => EpochMs
  readonly uptimeMs: () => number
  readonly onLookup: (outcome: L2LookupOutcome) => void
  readonly onWrite: (outcome: L2WriteOutcome) => void
  /** Called when L2 begins to be left alone, and with undefined when it answers again. */
  readonly onRest: (cause: unknown) => void
}

type Kept = Extract<TierAnswer, { readonly kind: 'answered' }>

/**
 * L2: what core said to any edge, kept in Redis, in front of the tier that asks core.
 *
 * Writers lock nothing and delete nothing: whoever reads an entry holds it against the changes
 * that this edge has applied. So whatever Redis keeps, loses or brings back, an edge serves
 * nothing that it knows to be outdated. Redis that fails, hangs or holds garbage is a miss.
 */
export class RedisTier implements Tier {
  readonly #limits: L2Limits
  readonly #deps: RedisTierDeps
  #breaker: BreakerState = NO_FAILURES
  #reads = 0
  #writes = 0

  constructor(limits: L2Limits, deps: RedisTierDeps) {
    this.#limits = limits
    this.#deps = deps
  }

  async get(target: LinkTarget, wanted: Wanted): Promise<TierAnswer> {
    // Why core first without the stream: nobody would have told us that an entry is outdated.
    if (!this.#deps.isConnected()) {
      const answer = await this.#askCore(target, wanted)
      if (answer.kind === 'answered') return answer
      return (await this.#read(target, this.#limits.staleMsMax)) ?? answer
    }
    const kept = await this.#read(target, wanted.maxAgeMs)
    if (kept !== undefined && kept.ageMs <= wanted.maxAgeMs) return kept
    const answer = await this.#askCore(target, wanted)
    return answer.kind === 'answered' ? answer : (kept ?? answer)
  }

  async #askCore(target: LinkTarget, wanted: Wanted): Promise<TierAnswer> {
    const answer = await this.#deps.core.get(target, wanted)
    if (answer.kind === 'answered') void this.#write(target, answer.lookup)
    return answer
  }

  /** Gives what is kept, if it may be served at all. @param maxAgeMs for the count only */
  async #read(target: LinkTarget, maxAgeMs: DurationMs): Promise<Kept | undefined> {
    const { entries, memory, now, onLookup } = this.#deps
    const text = await this.#fetch(entries.keyOf(target))
    if (text === undefined) return undefined
    const entry = entries.read(target, text)
    if (entry === undefined) {
      onLookup('unusable')
      return undefined
    }
    const { lookup, confirmedAt } = entry
    if (!memory.canVerify || !memory.hasSeen(lookup, target)) {
      onLookup('outdated')
      return undefined
    }
    const ageMs = Math.max(0, now() - confirmedAt)
    onLookup(ageMs > maxAgeMs ? 'too_old' : 'hit')
    if (ageMs > this.#limits.staleMsMax) return undefined
    return { kind: 'answered', tier: 'l2', lookup, ageMs }
  }

  async #fetch(key: string): Promise<string | undefined> {
    const { store, uptimeMs, onLookup } = this.#deps
    const { breaker, readMsMax, readsMax } = this.#limits
    const isFull = this.#reads >= readsMax
    const admitted = isFull ? undefined : admitCall(this.#breaker, uptimeMs(), breaker)
    if (admitted === undefined) {
      onLookup('not_asked')
      return undefined
    }
    this.#breaker = admitted
    this.#reads += 1
    const reading = store.read(key).finally(() => (this.#reads -= 1))
    try {
      const reply = await within(reading, readMsMax)
      if (reply.kind === 'refused') {
        // Why no rest: it is as quick as any answer, and may be about this key only.
        this.#settle(afterUnusableAnswer(this.#breaker, uptimeMs()), undefined)
        onLookup('failed')
        return undefined
      }
      this.#settle(afterSuccess(this.#breaker, uptimeMs(), breaker), undefined)
      if (reply.kind === 'found') return reply.text
      onLookup('miss')
    } catch (error) {
      onLookup(error instanceof OverdueError ? 'overdue' : 'failed')
      this.#settle(afterFailure(this.#breaker, uptimeMs(), breaker), error)
    }
    return undefined
  }

  async #write(target: LinkTarget, lookup: LinkLookup): Promise<void> {
    const { store, entries, now, onWrite } = this.#deps
    const { staleMsMax, writesMax, breaker } = this.#limits
    const text = entries.write(target, { lookup, confirmedAt: now() })
    if (text === undefined || staleMsMax === 0) return
    if (this.#writes >= writesMax || isResting(this.#breaker, breaker)) {
      onWrite('skipped')
      return
    }
    this.#writes += 1
    try {
      await store.write(entries.keyOf(target), text, staleMsMax)
      onWrite('written')
    } catch {
      // Why ignored but for the count: the entry is missed later, and written again then.
      onWrite('failed')
    }
    this.#writes -= 1
  }

  #settle(next: BreakerState, cause: unknown): void {
    const { breaker } = this.#limits
    const wasResting = isResting(this.#breaker, breaker)
    this.#breaker = next
    if (isResting(next, breaker) !== wasResting) this.#deps.onRest(cause)
  }
}

class OverdueError extends Error {}

async function within<Result>(work: Promise<Result>, msMax: DurationMs): Promise<Result> {
  const overdue = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    // Why one turn later: after a moment in which this process stood still, the answer may be
    // there already, and is only read after the timers have run.
    void setImmediate().then(() => overdue.reject(new OverdueError(`No answer in ${msMax} ms.`)))
  }, msMax)
  try {
    return await Promise.race([work, overdue.promise])
  } finally {
    clearTimeout(timer)
  }
}
