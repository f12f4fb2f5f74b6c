import type { Backoff } from '@fingerpost/chassis/backoff'
import type { Clock } from '@fingerpost/chassis/clock'
import { repeat } from '@fingerpost/chassis/repeat'
import type { Change, CoreApi, Sequence } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'

/** Who is told the changes. */
export type ChangeTarget = {
  readonly sequence: Sequence
  readonly isConnected: boolean
  apply(change: Change): void
  loseTrack(): void
}

/** What following uses. */
export type FollowDeps = {
  readonly core: Pick<CoreApi, 'watchChanges'>
  readonly target: ChangeTarget
  readonly clock: Clock
  readonly random: () => number
  readonly onConnected: () => void
  /** Called when a stream that was caught up breaks, not for each attempt after it. */
  readonly onLost: (cause: unknown) => void
  /** Called for each attempt that failed before it had caught up. */
  readonly onFailed: (cause: unknown) => void
}

/**
 * Tells `target` every change, in order, until `signal` aborts. Goes on after
 * the last change applied when the stream breaks; what cannot be caught up is
 * told by core as a reset.
 */
export async function followChanges(
  options: { readonly backoff: Backoff; readonly signal: AbortSignal },
  deps: FollowDeps,
): Promise<void> {
  const { backoff, signal } = options
  const timing = { pauseMs: backoff.firstMs, backoff, signal }
  await repeat(() => followOnce(signal, deps), timing, {
    clock: deps.clock,
    random: deps.random,
    onError: deps.onFailed,
  })
}

/** Follows one stream to its end; fails only when it had not caught up. */
async function followOnce(signal: AbortSignal, deps: FollowDeps): Promise<void> {
  const { core, target } = deps
  let cause: unknown = new AppError('core_unavailable', 'The change stream ended.')
  try {
    for await (const change of core.watchChanges({ afterSequence: target.sequence }, signal)) {
      const wasConnected = target.isConnected
      target.apply(change)
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
