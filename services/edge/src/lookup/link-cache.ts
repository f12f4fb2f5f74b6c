import type { Lineage, LinkLookup, LinkTarget, Sequence } from '@fingerpost/contract/core-api'
import type { Hostname } from '@fingerpost/model/hostname'
import type { ServedDomain, ServedLink } from '@fingerpost/model/link'
import type { DurationMs } from '@fingerpost/model/time'
import {
  freshnessAfterFailure,
  freshnessOf,
  worseOf,
  type CacheLimits,
  type FailureLimits,
  type Freshness,
  type StreamState,
} from '../rules/cache-policy.ts'
import { BoundedEntries, type Entry } from './bounded-entries.ts'
import type { ChangePosition } from './flights.ts'
import type { Lease } from './lease.ts'

/** How much L1 keeps, and for how long. */
export type LinkCacheLimits = CacheLimits & {
  readonly failure: FailureLimits
  /** Most links; most domains, too. */
  readonly entriesMax: number
  /** Most octets of links, about; as many of domains. */
  readonly octetsMax: number
  /** Most slugs without a link; most hostnames without a domain, too. */
  readonly absentMax: number
}

/** How L1 stands to the change stream. */
export type Tracking = { readonly generation: number; readonly stream: StreamState }

/** What L1 knows of a target, and how far that may be used. */
export type CacheReading = {
  readonly freshness: Freshness
  readonly domain: ServedDomain | undefined
  readonly link: ServedLink | undefined
}

/** How many entries there are of each kind. */
export type CacheCounts = Readonly<
  Record<'domain' | 'link' | 'absent_domain' | 'absent_link', number>
>

/** A domain that L1 knows, with when and where in the order of changes that was so. */
export type KeptDomain = {
  readonly domain: ServedDomain
  readonly sequence: Sequence
  /** By a clock that never jumps. */
  readonly confirmedAtMs: number
}

/** A link that L1 knows, as `KeptDomain`. */
export type KeptLink = {
  readonly hostname: Hostname
  readonly domainId: string
  readonly link: ServedLink
  readonly sequence: Sequence
  readonly confirmedAtMs: number
}

/** What L1 knows to exist, the most recently used first. */
export type KeptEntries = {
  readonly domains: readonly KeptDomain[]
  readonly links: readonly KeptLink[]
}

// Why a minute at most: what is used by a lease alone would look unused, and be evicted.
const LEASE_MS_MAX: DurationMs = 60_000

// So often an entry past its lifetime gets its chance to be confirmed.
const STALE_LEASE_MS: DurationMs = 1_000

// Why below 0: no life of the change stream has this number, so what was restored is never
// taken to be tracked.
const RESTORED_GENERATION = -1

type LinkEntry = Entry<ServedLink> & {
  /** The domain that the link belongs to: a hostname can pass on to another one. */
  readonly domainId: string
}

/**
 * L1: what core said of hostnames and of slugs on them, in this process's
 * memory. Domains and links are kept apart, so that a change of a domain counts
 * at once for all of its links.
 */
export class LinkCache {
  readonly #limits: LinkCacheLimits
  readonly #domains: BoundedEntries<Entry<ServedDomain>>
  readonly #links: BoundedEntries<LinkEntry>
  // Why not in the entries: only an outage needs it, and what is dropped or replaced forgets it.
  #failedAtMs = new WeakMap<Entry<unknown>, number>()
  /** The history of what was restored. */
  #restoredLineage: Lineage | undefined
  /** Whether changes are of that history, so that they can be compared. */
  #comparesRestored = false
  #hasRestored = false
  /** The latest generation of anything that was put. */
  #latestGeneration = RESTORED_GENERATION
  /** Generations up to this one are former ones. */
  #formerGeneration = RESTORED_GENERATION

  constructor(limits: LinkCacheLimits) {
    this.#limits = limits
    const { entriesMax: presentMax, octetsMax, absentMax } = limits
    const bounds = { presentMax, octetsMax, absentMax }
    this.#domains = new BoundedEntries({ ...bounds, octetsOf: octetsOfDomain })
    this.#links = new BoundedEntries({ ...bounds, octetsOf: octetsOfLink })
  }

  /** Gives what is known of a target; undefined when the domain or the link is not. */
  get(target: LinkTarget, nowMs: number, tracking: Tracking): CacheReading | undefined {
    const domainEntry = this.#domains.get(target.hostname)
    if (domainEntry === undefined) return undefined
    const freshness = this.#freshnessOf(domainEntry, nowMs, tracking)
    const domain = domainEntry.value
    // Why no link for an alternate that redirects: it does so whatever the slug is.
    if (domain === undefined || domain.redirectsTo !== undefined) {
      return { freshness, domain, link: undefined }
    }

    const linkEntry = this.#links.get(linkKey(target))
    if (linkEntry?.domainId !== domain.id) return undefined
    return {
      freshness: worseOf(freshness, this.#freshnessOf(linkEntry, nowMs, tracking)),
      domain,
      link: linkEntry.value,
    }
  }

  put(target: LinkTarget, lookup: LinkLookup, nowMs: number, generation: number): void {
    const { domain, link, sequence } = lookup
    const said = { sequence, generation, confirmedAtMs: nowMs }
    this.#latestGeneration = generation
    // Why already now: until the stream is there, this is the history that is known.
    if (lookup.lineage !== this.#restoredLineage) this.#comparesRestored = false
    this.#domains.put(target.hostname, { ...said, value: domain })
    if (domain === undefined || domain.redirectsTo !== undefined) return
    this.#links.put(linkKey(target), { ...said, value: link, domainId: domain.id })
  }

  /** Gives leave to use what is known of a target again without asking; undefined: none. */
  lease(
    target: LinkTarget,
    nowMs: number,
    tracking: Tracking & { era: number },
  ): Lease | undefined {
    const domainEntry = this.#domains.peek(target.hostname)
    const linkEntry = this.#links.peek(linkKey(target))
    if (domainEntry?.value === undefined || linkEntry?.value === undefined) return undefined
    const { value: domain } = domainEntry
    if (domain.redirectsTo !== undefined) return undefined
    const freshness = worseOf(
      this.#freshnessOf(domainEntry, nowMs, tracking),
      this.#freshnessOf(linkEntry, nowMs, tracking),
    )
    if (freshness !== 'fresh' && freshness !== 'stale') return undefined
    if (linkEntry.domainId !== domain.id) return undefined
    const oldestMs = Math.min(domainEntry.confirmedAtMs, linkEntry.confirmedAtMs)
    const freshUntilMs = Math.min(oldestMs + this.#limits.ttlMs, nowMs + LEASE_MS_MAX)
    const untilMs = freshness === 'fresh' ? freshUntilMs : nowMs + STALE_LEASE_MS
    return { domain, link: linkEntry.value, domainEntry, linkEntry, era: tracking.era, untilMs }
  }

  /** Notes that nobody could tell whether what is known of a target is still so. */
  noteFailure(target: LinkTarget, nowMs: number): void {
    const entries = [this.#domains.peek(target.hostname), this.#links.peek(linkKey(target))]
    for (const entry of entries) if (entry !== undefined) this.#failedAtMs.set(entry, nowMs)
  }

  /** Begins another generation: what has not been confirmed in it is asked first again. */
  forgetFailures(): void {
    this.#failedAtMs = new WeakMap()
    this.#formerGeneration = this.#latestGeneration
  }

  /**
   * Gives the most recently used links with their domains, then other domains used lately. What
   * does not compare with the changes of now has sequence 0, so that any change counts for it.
   */
  hottest(countMax: number): KeptEntries {
    const domains = new Map<Hostname, KeptDomain>()
    const links: KeptLink[] = []
    for (const [key, entry] of this.#links.present()) {
      if (links.length >= countMax) break
      const hostname = hostnameOfKey(key)
      const domain = this.#keptDomainOf(this.#domains.peek(hostname))
      const link = this.#keptLinkOf(hostname, entry)
      if (link === undefined || domain?.domain.id !== link.domainId) continue
      domains.set(hostname, domain)
      links.push(link)
    }
    for (const [, entry] of this.#domains.present()) {
      if (domains.size >= countMax) break
      const kept = this.#keptDomainOf(entry)
      if (kept !== undefined) domains.set(kept.domain.hostname, kept)
    }
    return { domains: [...domains.values()], links }
  }

  /** Takes in what was known before a restart: to be used only when nobody can tell. */
  restore({ domains, links }: KeptEntries, lineage: Lineage | undefined): void {
    const generation = RESTORED_GENERATION
    this.#restoredLineage = lineage
    this.#comparesRestored = lineage !== undefined
    this.#hasRestored = true
    // Why backwards: the most recently used shall be that again.
    for (const { domain, sequence, confirmedAtMs } of domains.toReversed()) {
      const entry = { value: domain, sequence, generation, confirmedAtMs }
      this.#domains.put(domain.hostname, entry)
    }
    for (const { hostname, domainId, link, sequence, confirmedAtMs } of links.toReversed()) {
      const entry = { value: link, domainId, sequence, generation, confirmedAtMs }
      this.#links.put(linkKey({ hostname, slug: link.slug }), entry)
    }
  }

  /** Takes note of the history that the changes which follow belong to; undefined: not known. */
  noteLineage(lineage: Lineage | undefined): void {
    const restored = this.#restoredLineage
    this.#comparesRestored = lineage !== undefined && lineage === restored
    if (lineage === undefined || restored === undefined || lineage === restored) return
    // Why dropped: nobody will tell what was taken away from it in the other history.
    if (this.#hasRestored) this.#dropRestored()
  }

  /** Drops the least recently used part of everything. @param part above 0, up to 1 */
  shrink(part: number): void {
    this.#domains.shrink(part)
    this.#links.shrink(part)
  }

  /** Tells whether a hostname is known to have a domain. */
  knowsDomain(hostname: Hostname): boolean {
    return this.#domains.get(hostname)?.value !== undefined
  }

  /** Drops what is known of a hostname, unless core said it after this change. */
  dropDomain(hostname: Hostname, change: ChangePosition): void {
    if (this.#isOlder(this.#domains.get(hostname), change)) this.#domains.delete(hostname)
  }

  /** Drops what is known of a link, unless core said it after this change. */
  dropLink(target: LinkTarget, change: ChangePosition): void {
    const key = linkKey(target)
    if (this.#isOlder(this.#links.get(key), change)) this.#links.delete(key)
  }

  /** About how much memory what exists takes. */
  octets(): Readonly<Record<'domain' | 'link', number>> {
    return { domain: this.#domains.octets, link: this.#links.octets }
  }

  counts(): CacheCounts {
    return {
      domain: this.#domains.presentCount,
      link: this.#links.presentCount,
      absent_domain: this.#domains.absentCount,
      absent_link: this.#links.absentCount,
    }
  }

  // Why this is asked: an edge that has just started learns links from lookups first, and then is
  // told all the changes that are kept. Those that the lookup has seen take nothing away.
  #isOlder(entry: Entry<unknown> | undefined, change: ChangePosition): boolean {
    if (entry === undefined) return false
    const isComparable =
      entry.generation === change.generation ||
      (entry.generation === RESTORED_GENERATION && this.#comparesRestored)
    return !isComparable || entry.sequence < change.sequence
  }

  #dropRestored(): void {
    this.#hasRestored = false
    for (const entries of [this.#domains, this.#links]) {
      const present: Iterable<[key: string, entry: Entry<unknown>]> = entries.present()
      const restored: string[] = []
      for (const [key, { generation }] of present) {
        if (generation === RESTORED_GENERATION) restored.push(key)
      }
      for (const key of restored) entries.delete(key)
    }
  }

  #keptDomainOf(entry: Entry<ServedDomain> | undefined): KeptDomain | undefined {
    if (entry?.value === undefined) return undefined
    const { value: domain, confirmedAtMs } = entry
    return { domain, sequence: this.#keptSequenceOf(entry), confirmedAtMs }
  }

  #keptLinkOf(hostname: Hostname, entry: LinkEntry): KeptLink | undefined {
    const { value: link, domainId, confirmedAtMs } = entry
    return (
      link && { hostname, domainId, link, sequence: this.#keptSequenceOf(entry), confirmedAtMs }
    )
  }

  #keptSequenceOf({ generation, sequence }: Entry<unknown>): Sequence {
    const isRestored = generation === RESTORED_GENERATION
    const compares = isRestored ? this.#comparesRestored : generation > this.#formerGeneration
    return compares ? sequence : 0
  }

  #freshnessOf(entry: Entry<unknown>, nowMs: number, tracking: Tracking): Freshness {
    const age = {
      isAbsent: entry.value === undefined,
      ageMs: nowMs - entry.confirmedAtMs,
      isTracked: entry.generation === tracking.generation,
    }
    const freshness = freshnessOf(age, tracking.stream, this.#limits)
    if (freshness === 'fresh' || freshness === 'expired') return freshness
    const failedAtMs = this.#failedAtMs.get(entry)
    const sinceFailureMs = failedAtMs === undefined ? undefined : nowMs - failedAtMs
    return freshnessAfterFailure(freshness, sinceFailureMs, this.#limits.failure)
  }
}

// Why an estimate: what an entry takes on the heap besides its long texts, as measured.
const ENTRY_OCTETS = 400

function octetsOfDomain({ value }: Entry<ServedDomain>, key: string): number {
  const urls = (value?.rootUrl?.length ?? 0) + (value?.notFoundUrl?.length ?? 0)
  return ENTRY_OCTETS + octetsOfKey(key) + urls
}

function octetsOfLink({ value }: LinkEntry, key: string): number {
  return ENTRY_OCTETS + octetsOfKey(key) + (value?.destination.length ?? 0)
}

// Why twice: one character of a slug beyond Latin-1 makes all of them take two octets.
function octetsOfKey(key: string): number {
  return 2 * key.length
}

function hostnameOfKey(key: string): Hostname {
  return key.slice(0, key.indexOf('\0')) as Hostname
}

// Why NUL: neither a hostname nor a slug contains it, so no two targets share a key.
function linkKey(target: LinkTarget): string {
  return `${target.hostname}\0${target.slug}`
}
