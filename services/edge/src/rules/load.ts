import type { DurationMs } from '@fingerpost/model/time'

/** Why requests are refused that need more than memory to answer. */
export const SHED_REASONS = ['event_loop', 'memory'] as const

/** One of `SHED_REASONS`. */
export type ShedReason = (typeof SHED_REASONS)[number]

/** How this process fares at one instant. */
export type LoadSample = {
  /** How late the sample was taken: so long does everything wait for its turn. */
  readonly lateMs: DurationMs
  /** The fullest of all memories that have a limit; 1: full. */
  readonly memoryShare: number
}

/** When a process is overloaded; each pair is far apart, so that it does not flap. */
export type LoadLimits = {
  readonly lateMsMax: DurationMs
  readonly calmMsMax: DurationMs
  readonly memoryShareMax: number
  readonly calmShareMax: number
  /** A busy event loop counts after so many late samples in a row. */
  readonly lateSamplesMin: number
  /** An overload is over after so many calm samples in a row. */
  readonly calmSamplesMin: number
}

/** What is remembered of the samples before. */
export type LoadState = {
  /** Undefined: not overloaded. */
  readonly reason: ShedReason | undefined
  readonly lateSamples: number
  readonly calmSamples: number
}

/** Nothing is known against this process. */
export const NO_LOAD: LoadState = { reason: undefined, lateSamples: 0, calmSamples: 0 }

/**
 * Decides whether a process is overloaded, after one more sample.
 *
 * Memory counts at once, since there may be no second warning; a late sample
 * alone may be one long garbage collection.
 */
export function nextLoad(state: LoadState, sample: LoadSample, limits: LoadLimits): LoadState {
  const lateSamples = sample.lateMs >= limits.lateMsMax ? state.lateSamples + 1 : 0
  if (sample.memoryShare >= limits.memoryShareMax) {
    return { reason: 'memory', lateSamples, calmSamples: 0 }
  }
  const isLate = lateSamples >= limits.lateSamplesMin
  if (state.reason === undefined) {
    return { reason: isLate ? 'event_loop' : undefined, lateSamples, calmSamples: 0 }
  }
  const isCalm = sample.lateMs < limits.calmMsMax && sample.memoryShare < limits.calmShareMax
  const calmSamples = isCalm ? state.calmSamples + 1 : 0
  if (calmSamples >= limits.calmSamplesMin) return NO_LOAD
  return { reason: state.reason, lateSamples, calmSamples }
}
