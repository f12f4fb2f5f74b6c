import type { Change, LinkTarget, Lineage, Sequence } from '@fingerpost/contract/core-api'
import type { ServedDomain, ServedLink } from '@fingerpost/model/link'
import type { DurationMs } from '@fingerpost/model/time'
import { STREAM_SILENT_MS, streamStateOf, type Freshness } from '../rules/cache-policy.ts'
import type { ShedReason } from '../rules/load.ts'
import type { ChangeMemory } from './change-memory.ts'
import { Flights, type ChangePosition, type FlightLimits } from './flights.ts'
import {
  LinkCache,
  type CacheCounts,
  type KeptEntries,
  type LinkCacheLimits,
  type Tracking,
} from './link-cache.ts'
import type { Lease } from './lease.ts'
import type { Tier, TierAnswer, TierName, Wanted } from './tier.ts'

/** What a lookup gives: what is known, or that nobody could tell. */
export type Found =
  | {
      readonly kind: 'known'
      readonly tier: TierName
      readonly domain: ServedDomain | undefined
      readonly link: ServedLink | undefined
    }
  | { readonly kind: 'cannot_tell' }

/** Why an entry past its TTL was used: see `Freshness`. */
export type StaleUse = Extract<Freshness, 'stale' | 'stale_if_error'>

/** What happens inside a lookup, for the metrics. */
export type LookupEvents = {
  readonly onHit: () => void
  readonly onMiss: () => void
  readonly onStale: (use: StaleUse) => void
  readonly onRefused: () => void
  readonly onOutdated: () => void
  readonly onShed: (reason: ShedReason) => void
}

/** How many entries are confirmed behind an answer. */
export type RefreshLimits = {
  /** Most that are begun in each window. */
  readonly countMax: number
  readonly windowMs: DurationMs
}

/** All limits of a lookup. */
export type LookupLimits = {
  readonly cache: LinkCacheLimits
  readonly flights: FlightLimits
  readonly refreshes: RefreshLimits
}

/**
 * Finds what is known of a target: in L1, else in the tiers below. Also applies
 * the changes that the change stream tells, so that nothing is found that is
 * older than a change applied before.
 */
export class LinkLookup {
  readonly #cache: LinkCache
  readonly #flights: Flights
  readonly #events: LookupEvents
  readonly #uptimeMs: () => number
  readonly #memory: ChangeMemory
  /** What a visitor who waits takes, and what a refresh behind an answer is after. */
  readonly #refreshLimits: RefreshLimits
  #refreshesLeft = 0
  #refreshesUntilMs = -Infinity
  readonly #wanted: { readonly byVisitor: Wanted; readonly byRefresh: Wanted }
  #position: ChangePosition = { generation: 0, sequence: 0 }
  /**
   * When the stream that broke said its last word: whatever happened since may be unknown here.
   * Undefined: connected; at first nothing was ever tracked.
   */
  #brokenAtMs: number | undefined = -Infinity
  #heardAtMs = -Infinity
  #shedReason: ShedReason | undefined
  /** Counts what ends all leases: a lost stream, and a reset. */
  #era = 0

  /** @param deps.uptimeMs a clock that never jumps, in milliseconds */
  constructor(
    limits: LookupLimits,
    deps: {
      readonly tier: Tier
      readonly memory: ChangeMemory
      readonly uptimeMs: () => number
      readonly events: LookupEvents
    },
  ) {
    this.#events = deps.events
    this.#uptimeMs = deps.uptimeMs
    this.#memory = deps.memory
    const { staleMsMax, ttlMs } = limits.cache
    this.#wanted = { byVisitor: { maxAgeMs: staleMsMax }, byRefresh: { maxAgeMs: ttlMs } }
    this.#refreshLimits = limits.refreshes
    this.#cache = new LinkCache(limits.cache)
    this.#flights = new Flights(limits.flights, {
      tier: deps.tier,
      uptimeMs: deps.uptimeMs,
      generation: () => this.#position.generation,
      hasSeen: (lookup, target) => deps.memory.hasSeen(lookup, target),
      keep: (target, { lookup, ageMs }) => {
        deps.memory.noteKept(lookup)
        const confirmedAtMs = this.#uptimeMs() - ageMs
        this.#cache.put(target, lookup, confirmedAtMs, this.#position.generation)
      },
      onRefused: deps.events.onRefused,
      onOutdated: deps.events.onOutdated,
    })
  }

  /**
   * Calls `deliver` exactly once: in the same tick when L1 knows, else when the
   * tiers below have answered. What it gets is true of every change applied up to that instant,
   * so it must be used then, not after a later turn of the event loop. `deliver` never throws.
   */
  find(target: LinkTarget, deliver: (found: Found) => void): void {
    const reading = this.#read(target)
    if (reading?.freshness === 'fresh') {
      this.#events.onHit()
      deliver({ kind: 'known', tier: 'l1', domain: reading.domain, link: reading.link })
      return
    }
    if (reading?.freshness === 'unconfirmed') {
      this.#events.onStale('stale_if_error')
      deliver({ kind: 'known', tier: 'l1', domain: reading.domain, link: reading.link })
      return
    }
    if (reading?.freshness === 'stale') {
      this.#events.onStale('stale')
      deliver({ kind: 'known', tier: 'l1', domain: reading.domain, link: reading.link })
      this.#refresh(target)
      return
    }
    if (this.#shedReason !== undefined) {
      this.#events.onShed(this.#shedReason)
      deliver(this.#foundAfter(target, { kind: 'cannot_tell' }))
      return
    }
    this.#events.onMiss()
    const isKnown = this.#cache.knowsDomain(target.hostname)
    const options = { isKnown, wanted: this.#wanted.byVisitor }
    this.#flights.join(target, options, (answer) => deliver(this.#foundAfter(target, answer)))
  }

  /**
   * Gives leave to use what L1 says of a target again without asking it, as long
   * as the lease holds; undefined when L1 would not answer alone.
   */
  lease(target: LinkTarget): Lease | undefined {
    // Why not without the stream: each request is then to hear what is too old by now.
    if (!this.isConnected) return undefined
    const tracking = { ...this.#tracking(), era: this.#era }
    return this.#cache.lease(target, this.#uptimeMs(), tracking)
  }

  /** Tells whether a lease still holds, and counts a hit if it does. */
  holds(lease: Lease, nowMs: number): boolean {
    const { domainEntry, linkEntry, era, untilMs } = lease
    if (domainEntry.isGone || linkEntry.isGone || era !== this.#era || nowMs >= untilMs)
      return false
    if (this.#isSilentAt(nowMs)) return false
    this.#events.onHit()
    return true
  }

  /** The last change that was applied; 0: none yet. */
  get sequence(): Sequence {
    return this.#position.sequence
  }

  /** The history that the changes belong to; undefined: not told yet. */
  get lineage(): Lineage | undefined {
    return this.#memory.lineage
  }

  /** Whether all changes up to now are applied, as far as the stream tells. */
  get isConnected(): boolean {
    return this.#brokenAtMs === undefined && !this.#isSilentAt(this.#uptimeMs())
  }

  /** Applies one message of the change stream. */
  apply(change: Change): void {
    // Why: core goes back in the order only when its database was restored, and
    // then nothing that was learned before can be trusted to be tracked.
    const startsOver = this.#memory.apply(change)
    this.#heardAtMs = this.#uptimeMs()
    const { generation } = this.#position
    this.#position = {
      generation: startsOver ? generation + 1 : generation,
      sequence: change.sequence,
    }
    if (startsOver) {
      this.#era += 1
      this.#cache.forgetFailures()
    }
    // Why not before: until core says otherwise, its history is the one that it was asked for.
    if (startsOver || this.#memory.lineage !== undefined) {
      this.#cache.noteLineage(this.#memory.lineage)
    }
    switch (change.kind) {
      case 'hostname_changed':
        this.#cache.dropDomain(change.hostname, this.#position)
        return
      case 'link_changed':
        this.#cache.dropLink(change, this.#position)
        return
      case 'heartbeat':
        this.#brokenAtMs = undefined
        return
      case 'certificate_changed':
      case 'reset':
        return
      default:
        change satisfies never
    }
  }

  /** Notes that changes may happen of which this edge is not told for now. */
  loseTrack(): void {
    this.#brokenAtMs ??= this.#heardAtMs
    this.#era += 1
  }

  /** Notes that time has passed unseen, so that nobody may have waited for this edge. */
  missTime(): void {
    this.#brokenAtMs = -Infinity
    this.#era += 1
  }

  /** Gives the most recently used links and domains, at most `countMax` of each. */
  hottest(countMax: number): KeptEntries {
    return this.#cache.hottest(countMax)
  }

  /** Takes in what was known before a restart: to be used only when nobody can tell. */
  restore(entries: KeptEntries, lineage: Lineage | undefined): void {
    this.#cache.restore(entries, lineage)
  }

  /** Makes the tiers below be left alone, because this process is overloaded; undefined: not. */
  shed(reason: ShedReason | undefined): void {
    this.#shedReason = reason
  }

  /** Drops the least recently used part of L1. @param part above 0, up to 1 */
  shrink(part: number): void {
    this.#cache.shrink(part)
  }

  octets(): ReturnType<LinkCache['octets']> {
    return this.#cache.octets()
  }

  counts(): CacheCounts {
    return this.#cache.counts()
  }

  #read(target: LinkTarget): ReturnType<LinkCache['get']> {
    return this.#cache.get(target, this.#uptimeMs(), this.#tracking())
  }

  #isSilentAt(nowMs: number): boolean {
    return nowMs - this.#heardAtMs >= STREAM_SILENT_MS
  }

  #tracking(): Tracking {
    const nowMs = this.#uptimeMs()
    // Why looked at here too: after a standstill requests can come before the timer that tells.
    const brokenAtMs = this.#brokenAtMs ?? (this.#isSilentAt(nowMs) ? this.#heardAtMs : undefined)
    const brokenMs = brokenAtMs === undefined ? undefined : nowMs - brokenAtMs
    return { generation: this.#position.generation, stream: streamStateOf(brokenMs) }
  }

  /** Has an entry confirmed that was used past its lifetime, if it can be spared. */
  #refresh(target: LinkTarget): void {
    if (this.#shedReason !== undefined || this.#flights.has(target)) return
    const { countMax, windowMs } = this.#refreshLimits
    const nowMs = this.#uptimeMs()
    if (nowMs >= this.#refreshesUntilMs) {
      this.#refreshesUntilMs = nowMs + windowMs
      this.#refreshesLeft = countMax
    }
    if (this.#refreshesLeft === 0) return
    this.#refreshesLeft -= 1
    // Why no more: the visitor has been answered; what the flight brings is in L1.
    const options = { isKnown: true, wanted: this.#wanted.byRefresh }
    this.#flights.join(target, options, (answer) => this.#noteFailure(target, answer))
  }

  #noteFailure(target: LinkTarget, answer: TierAnswer): void {
    if (answer.kind === 'cannot_tell') this.#cache.noteFailure(target, this.#uptimeMs())
  }

  #foundAfter(target: LinkTarget, answer: TierAnswer): Found {
    if (answer.kind === 'answered') {
      const { domain, link } = answer.lookup
      return { kind: 'known', tier: answer.tier, domain, link }
    }
    // Why read again: a change may have dropped meanwhile what was stale before.
    this.#noteFailure(target, answer)
    const reading = this.#read(target)
    if (reading === undefined || reading.freshness === 'expired') return { kind: 'cannot_tell' }
    this.#events.onStale('stale_if_error')
    return { kind: 'known', tier: 'l1', domain: reading.domain, link: reading.link }
  }
}
