import type { Hostname } from '@fingerpost/model/hostname'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { KeptDomain, KeptEntries, KeptLink } from '../lookup/link-cache.ts'
import type { KnownEntry, ReadSnapshot } from './snapshot-file.ts'

/** One instant on the wall clock, and on the clock that never jumps. */
export type Instant = { readonly now: EpochMs; readonly uptimeMs: number }

/** Gives what L1 keeps as entries of a snapshot, each domain before its first link. */
export function entriesOf(kept: KeptEntries, instant: Instant): readonly KnownEntry[] {
  const domains = new Map<Hostname, KeptDomain>()
  for (const one of kept.domains) domains.set(one.domain.hostname, one)
  const entries: KnownEntry[] = []
  const addDomain = (hostname: Hostname): void => {
    const one = domains.get(hostname)
    if (one === undefined) return
    domains.delete(hostname)
    const { domain, sequence } = one
    entries.push({ kind: 'domain', domain, sequence, confirmedAt: epochOf(one, instant) })
  }
  for (const one of kept.links) {
    addDomain(one.hostname)
    const { hostname, domainId, link, sequence } = one
    const said = { sequence, confirmedAt: epochOf(one, instant) }
    entries.push({ kind: 'link', hostname, domainId, link, ...said })
  }
  for (const hostname of domains.keys()) addDomain(hostname)
  return entries
}

/** Gives what a snapshot holds as L1 keeps it, without what is too old to be used. */
export function keptEntriesOf(
  read: Pick<ReadSnapshot, 'domains' | 'links'>,
  entriesMax: number,
  time: Instant & { readonly staleMsMax: DurationMs },
): KeptEntries {
  const isUsable = (entry: KnownEntry): boolean => time.now - entry.confirmedAt < time.staleMsMax
  const domains = read.domains.filter(isUsable).slice(0, entriesMax)
  const links = read.links.filter(isUsable).slice(0, entriesMax)
  return {
    domains: domains.map(({ domain, sequence, ...said }) => ({
      domain,
      sequence,
      confirmedAtMs: uptimeOf(said.confirmedAt, time),
    })),
    links: links.map(({ hostname, domainId, link, sequence, ...said }) => ({
      hostname,
      domainId,
      link,
      sequence,
      confirmedAtMs: uptimeOf(said.confirmedAt, time),
    })),
  }
}

/** Tells whether two readings of L1 would make the same snapshot. */
export function isSame(first: KeptEntries, second: KeptEntries): boolean {
  return isSameList(first.domains, second.domains) && isSameList(first.links, second.links)
}

function isSameList<Kept extends KeptDomain | KeptLink>(
  first: readonly Kept[],
  second: readonly Kept[],
): boolean {
  if (first.length !== second.length) return false
  return first.every((one, index) => {
    const other = second[index]
    return valueOf(one) === valueOf(other) && one.confirmedAtMs === other?.confirmedAtMs
  })
}

function valueOf(kept: KeptDomain | KeptLink | undefined): unknown {
  if (kept === undefined) return undefined
  return 'link' in kept ? kept.link : kept.domain
}

function epochOf(kept: KeptDomain | KeptLink, { now, uptimeMs }: Instant): EpochMs {
  return Math.max(0, Math.round(now - (uptimeMs - kept.confirmedAtMs)))
}

// Why not below 0: a clock that was set back must not make an entry last longer than a new one.
function uptimeOf(confirmedAt: EpochMs, { now, uptimeMs }: Instant): number {
  return uptimeMs - Math.max(0, now - confirmedAt)
}
