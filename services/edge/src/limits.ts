import type { Backoff } from '@fingerpost/chassis/backoff'
import type { DurationMs } from '@fingerpost/model/time'
import type { EdgeConfig } from './config.ts'
import type { DrainLimits } from './drain.ts'
import type { LoadMonitorLimits } from './load/load-monitor.ts'
import type { LookupLimits } from './lookup/link-lookup.ts'
import type { FailureLimits } from './rules/cache-policy.ts'
import type { L2Limits } from './lookup/redis-tier.ts'
import type { RedisLimits } from './lookup/redis-connection.ts'
import type { PreparedLimits } from './prepared-answers.ts'
import type { BreakerLimits } from './rules/breaker.ts'
import type { SnapshotLimits } from './snapshot/snapshot-keeper.ts'

/** Gives the limits of lookups: those that can be set, and those that cannot. */
export function lookupLimitsOf(config: EdgeConfig): LookupLimits {
  return {
    cache: {
      entriesMax: config.l1EntriesMax,
      octetsMax: config.l1OctetsMax,
      // Why no setting: at the default lifetime of 5 s it takes 4,000 different
      // wrong names a second to fill it, and then only wrong names are pushed out.
      absentMax: 20_000,
      ttlMs: config.l1TtlMs,
      negativeTtlMs: config.negativeTtlMs,
      staleMsMax: config.staleMsMax,
      failure: FAILURE_LIMITS,
    },
    flights: {
      flightsMax: 1_000,
      // Why a quarter: one hostname under attack, or all unknown ones together,
      // must leave room for the lookups of everybody else.
      flightsPerLaneMax: 250,
      waitersMax: 20_000,
      attemptsMax: 4,
      lookupMsMax: config.lookupMsMax,
    },
    // Why so few: entries that were learned together come of age together, and confirming them is
    // only a precaution; 200 a second leave all but a few percent of a core to visitors.
    refreshes: { countMax: 20, windowMs: 100 },
  }
}

/** Gives the limits of what is kept ready to be given again. */
export function preparedLimitsOf(config: EdgeConfig): PreparedLimits {
  // Why no more: it is a shortcut for what is asked for most.
  const countMax = Math.min(config.l1EntriesMax, 131_072)
  return { countMax, octetsMax: config.l1OctetsMax / 2 }
}

/** When core is left alone: after so many failures in a row, but for one call each half second. */
export const CORE_BREAKER_LIMITS: BreakerLimits = { failuresMax: 5, pauseMs: 500 }

/** Gives the limits of the snapshot. */
export function snapshotLimitsOf(config: EdgeConfig): SnapshotLimits {
  return {
    // Why no more: the hottest 10,000 links answer nearly all clicks, and are read in an instant.
    entriesMax: Math.min(config.l1EntriesMax, 10_000),
    octetsMax: 33_554_432,
    intervalMs: config.snapshotIntervalMs,
    noteMs: 250,
  }
}

/** When what needs more than L1 is refused, and when no longer. */
export const LOAD_LIMITS: LoadMonitorLimits = {
  sampleMs: 100,
  // Why so late: below it visitors wait, but are served sooner than by asking again after a 503.
  lateMsMax: 250,
  calmMsMax: 50,
  lateSamplesMin: 3,
  calmSamplesMin: 5,
  // Why not later: V8 collects half way from what is alive to the limit, so 0.85 used means
  // that 0.7 is alive, and each sample is a while in which 10,000 requests can come.
  memoryShareMax: 0.85,
  calmShareMax: 0.75,
  samplesPerRelief: 50,
}

/** The part of L1 that is given back while memory is short. */
export const RELIEF_PART = 0.25

/** How a link whose confirmation failed is served: at once, and asked for again behind that. */
const FAILURE_LIMITS: FailureLimits = { retryMs: 500, waitlessMs: 1_000 }

/** How far L2 is used, besides what can be set. */
export const L2_LIMITS: Omit<L2Limits, 'readMsMax' | 'staleMsMax'> = {
  readsMax: 256,
  writesMax: 64,
  breaker: {
    failuresMax: 5,
    pauseMs: 500,
    flapping: { calmMs: 30_000, pauseMsMax: 8_000 },
  },
}

/** Limits of the connection to Redis. */
export const REDIS_LIMITS: RedisLimits = {
  connectMsMax: 1_000,
  silenceMsMax: 1_000,
  retryMsMax: 500,
  readOnlyMs: 5_000,
}

/**
 * The size of the change memory: 2 MiB, 2.6 slots for each of the 100,000 changes that core keeps.
 */
export const CHANGE_MEMORY_BITS = 18

/** How soon a broken change stream is tried again. */
export const CHANGE_STREAM_BACKOFF: Backoff = { firstMs: 100, factor: 2, maxMs: 1_000 }

/** How long a stop waits for core to take in that this edge is gone. */
export const FAREWELL_MS_MAX: DurationMs = 500

/** How long a stop takes at most: within the 5 s that the launcher waits. */
export const DRAIN_LIMITS: DrainLimits = { noticeMs: 1_000, finishMsMax: 3_000 }
