import type { DurationMs } from '@fingerpost/model/time'

/** What is remembered of the last calls to core. */
export type BreakerState = {
  /** Failures since the last success. */
  readonly failures: number
  /** Until then core is not asked, by a clock that never jumps. */
  readonly restsUntilMs: number
}

/** When core is left alone, and for how long. */
export type BreakerLimits = { readonly failuresMax: number; readonly pauseMs: DurationMs }

/** Core has not failed. */
export const NO_FAILURES: BreakerState = { failures: 0, restsUntilMs: 0 }

/**
 * Decides whether core may be asked now; undefined: not.
 *
 * After `failuresMax` failures in a row one call is let through each `pauseMs`,
 * so that a core that hangs costs a few visitors the deadline and not every one.
 */
export function admitCall(
  state: BreakerState,
  nowMs: number,
  limits: BreakerLimits,
): BreakerState | undefined {
  if (state.failures < limits.failuresMax) return state
  if (nowMs < state.restsUntilMs) return undefined
  return { ...state, restsUntilMs: nowMs + limits.pauseMs }
}

/** Counts a failed call. */
export function afterFailure(
  state: BreakerState,
  nowMs: number,
  limits: BreakerLimits,
): BreakerState {
  return { failures: state.failures + 1, restsUntilMs: nowMs + limits.pauseMs }
}

/**
 * Takes note of a call that core did answer, if only with an error: that tells
 * nothing of other calls, so it neither counts nor uses up the one call of a rest.
 */
export function afterUnusableAnswer(state: BreakerState, nowMs: number): BreakerState {
  return { ...state, restsUntilMs: nowMs }
}

/** Tells whether core is being left alone but for a call now and then. */
export function isResting(state: BreakerState, limits: BreakerLimits): boolean {
  return state.failures >= limits.failuresMax
}
