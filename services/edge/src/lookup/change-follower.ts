import type { Backoff } from '@fingerpost/chassis/backoff'
import type { Clock } from '@fingerpost/chassis/clock'
import { repeat } from '@fingerpost/chassis/repeat'
import type { Change, CoreApi, Lineage, Sequence } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs } from '@fingerpost/model/time'
import type { Acknowledger } from './acknowledger.ts'

/** Who is told the changes. */
export type ChangeTarget = {
  readonly sequence: Sequence
  /** The history that `sequence` belongs to; undefined: not told yet. */
  readonly lineage: Lineage | undefined
  readonly isConnected: boolean
  apply(change: Change): void
  loseTrack(): void
}

/** What following uses. */
export type FollowDeps = {
  readonly core: Pick<CoreApi, 'watchChanges'>
  readonly target: ChangeTarget
  readonly acknowledger: Pick<Acknowledger, 'acknowledge' | 'startOver'>
  readonly clock: Clock
  readonly random: () => number
  readonly onConnected: () => void
  /** Called when a stream that was caught up breaks, not for each attempt after it. */
  readonly onLost: (cause: unknown) => void
  /** Called for each attempt that failed before it had caught up. */
  readonly onFailed: (cause: unknown) => void
  /** Called for each change but those that were missed: since its commit, by two clocks. */
  readonly onLag: (lagMs: DurationMs) => void
}

/**
 * Tells `target` every change, in order, until `signal` aborts, and core that
 * they are applied. Goes on after the last change applied when the stream breaks;
 * what cannot be caught up is told by core as a reset.
 */
export async function followChanges(
  options: { readonly edgeId: string; readonly backoff: Backoff; readonly signal: AbortSignal },
  deps: FollowDeps,
): Promise<void> {
  const { edgeId, backoff, signal } = options
  const timing = { pauseMs: backoff.firstMs, backoff, signal }
  await repeat(() => followOnce(edgeId, signal, deps), timing, {
    clock: deps.clock,
    random: deps.random,
    onError: deps.onFailed,
  })
}

/** Follows one stream to its end; fails only when it had not caught up. */
async function followOnce(edgeId: string, signal: AbortSignal, deps: FollowDeps): Promise<void> {
  const { core, target, acknowledger } = deps
  let cause: unknown = new AppError('core_unavailable', 'The change stream ended.')
  acknowledger.startOver()
  try {
    const { sequence: afterSequence, lineage } = target
    // Why from the oldest: an edge that knows which changes there were can tell
    // more of what others keep for it apart from what is outdated.
    const from = { edgeId, afterSequence, fromOldest: true, ...(lineage && { lineage }) }
    for await (const change of core.watchChanges(from, signal)) {
      const wasConnected = target.isConnected
      target.apply(change)
      // Why only now: whoever waits for it may believe that nothing older is served.
      acknowledger.acknowledge(target.sequence)
      if (wasConnected && 'committedAt' in change) {
        deps.onLag(Math.max(0, deps.clock.now() - change.committedAt))
      }
      if (target.isConnected && !wasConnected) deps.onConnected()
    }
  } catch (error) {
    cause = error
  }
  const wasConnected = target.isConnected
  target.loseTrack()
  if (signal.aborted) return
  // Why thrown only here: a stream that had caught up is tried again at once, one
  // that keeps failing after longer and longer pauses.
  if (!wasConnected) throw cause
  deps.onLost(cause)
}
