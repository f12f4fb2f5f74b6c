import type { DurationMs } from '@fingerpost/model/time'

/** What is remembered of the last calls to something that can fail. */
export type BreakerState = {
  /** Failures since the last success. */
  readonly failures: number
  /** Until then no call is made, by a clock that never jumps. */
  readonly restsUntilMs: number
  /** How long one pause of the present or the last rest is. */
  readonly pauseMs: DurationMs
  /** When the last rest ended. */
  readonly restedAtMs: number | undefined
}

/** When what fails is left alone, and for how long. */
export type BreakerLimits = {
  readonly failuresMax: number
  readonly pauseMs: DurationMs
  /**
   * Pauses double up to `pauseMsMax` when a rest begins within `calmMs` after the last one. Unset:
   * they are all the same.
   */
  readonly flapping?: { readonly calmMs: DurationMs; readonly pauseMsMax: DurationMs }
}

/** Nothing has failed. */
export const NO_FAILURES: BreakerState = {
  failures: 0,
  restsUntilMs: 0,
  pauseMs: 0,
  restedAtMs: undefined,
}

/**
 * Decides whether a call may be made now; undefined: not.
 *
 * After `failuresMax` failures in a row one call is let through each pause, so that what hangs
 * costs a few visitors the deadline and not every one.
 */
export function admitCall(
  state: BreakerState,
  nowMs: number,
  limits: BreakerLimits,
): BreakerState | undefined {
  if (state.failures < limits.failuresMax) return state
  if (nowMs < state.restsUntilMs) return undefined
  return { ...state, restsUntilMs: nowMs + state.pauseMs }
}

/** Counts a failed call. */
export function afterFailure(
  state: BreakerState,
  nowMs: number,
  limits: BreakerLimits,
): BreakerState {
  const failures = state.failures + 1
  const beginsRest = failures === limits.failuresMax
  const pauseMs = beginsRest ? nextPauseMs(state, nowMs, limits) : state.pauseMs
  return { ...state, failures, pauseMs, restsUntilMs: nowMs + pauseMs }
}

/** Takes note of a call that worked: it ends a rest. */
export function afterSuccess(
  state: BreakerState,
  nowMs: number,
  limits: BreakerLimits,
): BreakerState {
  const restedAtMs = isResting(state, limits) ? nowMs : state.restedAtMs
  return { ...state, failures: 0, restsUntilMs: 0, restedAtMs }
}

/**
 * Takes note of a call that was answered, if only with an error: that tells
 * nothing of other calls, so it neither counts nor uses up the one call of a pause.
 */
export function afterUnusableAnswer(state: BreakerState, nowMs: number): BreakerState {
  return { ...state, restsUntilMs: nowMs }
}

/** Tells whether calls are held back but for one now and then. */
export function isResting(state: BreakerState, limits: BreakerLimits): boolean {
  return state.failures >= limits.failuresMax
}

function nextPauseMs(state: BreakerState, nowMs: number, limits: BreakerLimits): DurationMs {
  const { flapping, pauseMs } = limits
  if (flapping === undefined || state.restedAtMs === undefined) return pauseMs
  if (nowMs - state.restedAtMs >= flapping.calmMs) return pauseMs
  return Math.min(2 * state.pauseMs, flapping.pauseMsMax)
}
