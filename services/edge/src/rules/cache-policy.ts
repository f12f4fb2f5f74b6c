import type { DurationMs } from '@fingerpost/model/time'

/** How far an entry of L1 may be used; the order is from best to worst. */
export const FRESHNESS = ['fresh', 'unconfirmed', 'stale', 'stale_if_error', 'expired'] as const

/**
 * One of `FRESHNESS`.
 *
 * - `fresh`: use it
 * - `unconfirmed`: use it; it should be confirmed, but that has just failed
 * - `stale`: use it, and ask the tier below without waiting (stale-while-revalidate)
 * - `stale_if_error`: ask the tier below first; use it only when that cannot tell
 * - `expired`: do not use it
 */
export type Freshness = (typeof FRESHNESS)[number]

/** What the policy has to know of an entry. */
export type EntryAge = {
  /** The entry says that there is no such domain or link. */
  readonly isAbsent: boolean
  /** Since the tier below confirmed it, by a clock that never jumps. */
  readonly ageMs: DurationMs
  /** False after the change stream lost track: the entry may be outdated without notice. */
  readonly isTracked: boolean
}

/**
 * How this edge stands to the change stream.
 *
 * - `connected`: all changes up to now are applied
 * - `broken`: not for a moment; writes that wait for edges wait for this one
 * - `lost`: for so long, or never yet, that nobody waits for this edge any more
 */
export type StreamState = 'connected' | 'broken' | 'lost'

/** After so long without a word on the stream it counts as broken; heartbeats come every 2 s. */
export const STREAM_SILENT_MS: DurationMs = 15_000

/**
 * After so long without a word on the stream it counts as lost. Below the 30 s that the design
 * allows a change to go unnoticed, and that core waits for an edge that it has lost sight of.
 */
export const STREAM_LOST_MS: DurationMs = 25_000

/**
 * Tells how this edge stands to the change stream.
 *
 * @param brokenMs since the last word on a stream that broke; undefined: it is connected
 */
export function streamStateOf(brokenMs: DurationMs | undefined): StreamState {
  if (brokenMs === undefined) return 'connected'
  return brokenMs < STREAM_LOST_MS ? 'broken' : 'lost'
}

/** How long entries may be used. */
export type CacheLimits = {
  readonly ttlMs: DurationMs
  readonly negativeTtlMs: DurationMs
  /** Counted from the confirmation, as the other two are. */
  readonly staleMsMax: DurationMs
}

/**
 * Decides how far an entry may be used.
 *
 * While the change stream is connected an entry past its TTL is only a
 * precaution away from fresh, since a change would have dropped it; without the
 * stream nobody would have told us, so core is asked first. Once the stream is
 * lost that is so within the TTL, too: writes do not wait for this edge any more.
 * What does not exist is never used past its own short TTL: that would be a false
 * "not found".
 *
 * @see RFC 5861 (stale-while-revalidate, stale-if-error), RFC 2308 (negative caching)
 */
export function freshnessOf(entry: EntryAge, stream: StreamState, limits: CacheLimits): Freshness {
  const { ageMs, isTracked } = entry
  const atBest: Freshness = stream === 'lost' ? 'stale_if_error' : 'fresh'
  if (entry.isAbsent) return isTracked && ageMs < limits.negativeTtlMs ? atBest : 'expired'
  if (isTracked && ageMs < limits.ttlMs) return atBest
  if (ageMs >= limits.staleMsMax) return 'expired'
  return isTracked && stream === 'connected' ? 'stale' : 'stale_if_error'
}

/** How a failed confirmation spares those that follow. */
export type FailureLimits = {
  /** So long after it nobody is asked again. */
  readonly retryMs: DurationMs
  /** So long after it nobody waits for being asked again; above `retryMs`. */
  readonly waitlessMs: DurationMs
}

/**
 * Decides how far an entry may be used whose confirmation failed a moment ago.
 *
 * Without this every request of a long outage would ask first and be told again
 * that nobody can tell. An entry in demand is asked for once each `retryMs`, and
 * nobody waits for that; one that nobody has asked for meanwhile is asked first.
 *
 * @param freshness what `freshnessOf` says of the entry
 * @param sinceFailureMs undefined: not failed since it was last confirmed
 */
export function freshnessAfterFailure(
  freshness: Freshness,
  sinceFailureMs: DurationMs | undefined,
  limits: FailureLimits,
): Freshness {
  if (sinceFailureMs === undefined || sinceFailureMs >= limits.waitlessMs) return freshness
  if (freshness !== 'stale' && freshness !== 'stale_if_error') return freshness
  return sinceFailureMs < limits.retryMs ? 'unconfirmed' : 'stale'
}

/** Gives the worse of two, for an answer that needs both entries. */
export function worseOf(first: Freshness, second: Freshness): Freshness {
  return FRESHNESS.indexOf(first) >= FRESHNESS.indexOf(second) ? first : second
}
