import type { Hostname } from '@fingerpost/model/hostname'
import { registrableDomain } from '@fingerpost/model/registrable-domain'
import type { DurationMs } from '@fingerpost/model/time'
import type { DnsAnswer } from './dns-answer.ts'
import { provingServersMin } from './ownership-observation.ts'

/** Most names that are asked for their name servers on the way up from one hostname. */
export const WALK_NAMES_MAX = 6

/** Most name servers of one zone that are looked up, and most addresses of each. */
export const ZONE_SERVERS_MAX = 4

/** Most of a zone's own servers that one check asks. */
export const ASKED_AUTHORITIES_MAX = 3

/** How long is remembered what was found, whatever its TTL. */
export const ZONE_KEPT_MS: { readonly min: DurationMs; readonly max: DurationMs } = {
  min: 60_000,
  max: 3_600_000,
}

/** How long is remembered that nothing could be found. */
export const ZONE_FAILURE_KEPT_MS: DurationMs = 60_000

/**
 * Gives the names at which a hostname's zone can begin, from the hostname up to
 * its registrable domain; the servers of a public suffix know nothing of it.
 */
export function zoneNames(hostname: Hostname): readonly string[] {
  const registrable = registrableDomain(hostname)
  if (registrable === undefined) return []
  const names: string[] = []
  for (let name: string = hostname; name.length > registrable.length;) {
    names.push(name)
    name = name.slice(name.indexOf('.') + 1)
  }
  // Why the ends: a cut between many labels is rare, and each step asks every resolver.
  return [...names.slice(0, WALK_NAMES_MAX - 1), registrable]
}

/** What the resolvers together say to a question whose answer is acted upon. */
export type Agreed =
  | { readonly kind: 'found'; readonly values: readonly string[]; readonly keptMs: DurationMs }
  | { readonly kind: 'none' }
  /** Not one of them gave a definite answer. */
  | { readonly kind: 'failed' }

/**
 * Gives the values that enough resolvers agree on, as many as prove ownership:
 * one that lies must not choose whom we take for the zone's own servers.
 *
 * Names that are reached through a CNAME do not count: they are another zone's.
 */
export function agreedValues(answers: readonly DnsAnswer[]): Agreed {
  if (answers.every(({ kind }) => kind === 'failed')) return { kind: 'failed' }
  const votes = new Map<string, number>()
  let ttlS = ZONE_KEPT_MS.max / 1_000
  for (const answer of answers) {
    if (answer.kind !== 'found' || (answer.details?.chain.length ?? 0) > 0) continue
    ttlS = Math.min(ttlS, answer.details?.ttlS ?? 0)
    for (const value of new Set(answer.values)) votes.set(value, (votes.get(value) ?? 0) + 1)
  }
  const needed = provingServersMin(answers.length)
  const values = [...votes].flatMap(([value, count]) => (count >= needed ? [value] : []))
  if (values.length === 0) return { kind: 'none' }
  return {
    kind: 'found',
    values: values.toSorted(),
    keptMs: Math.max(ttlS * 1_000, ZONE_KEPT_MS.min),
  }
}
