import type { DurationMs } from '@fingerpost/model/time'

/** How one run of a child process ended. */
export type ChildRun = {
  readonly ranMs: DurationMs
  /** Runs before this one that ended too soon, in a row. */
  readonly failuresBefore: number
  /** The sentence with which it said that it cannot start. */
  readonly startError: string | undefined
  /** Whether the launcher is still starting, and the child has not been up before. */
  readonly isFirstStart: boolean
}

/** What to do about a child process that ended by itself. */
export type AfterExit =
  | { readonly kind: 'give_up'; readonly message: string }
  /** `failures`: how many runs in a row ended too soon, this one included, from 1. */
  | { readonly kind: 'restart'; readonly failures: number }

/** A child that ran this long had started well: its next end counts from one again. */
export const STABLE_MS: DurationMs = 60_000

/**
 * Decides what follows when a child process ends by itself.
 *
 * A service that says at its first start that it cannot start (a taken port, a
 * bad setting) will not do so a second later either. The same words at a later
 * start may pass, and meanwhile the other services go on.
 */
export function afterExit(run: ChildRun): AfterExit {
  if (run.startError !== undefined && run.isFirstStart) {
    return { kind: 'give_up', message: run.startError }
  }
  return { kind: 'restart', failures: run.ranMs >= STABLE_MS ? 1 : run.failuresBefore + 1 }
}
