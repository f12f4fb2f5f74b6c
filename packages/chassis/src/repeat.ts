import type { DurationMs } from '@fingerpost/model/time'
import { backoffMs, type Backoff } from './backoff.ts'
import type { Clock } from './clock.ts'

/**
 * Runs `task` again and again until `signal` aborts, one run at a time, with a
 * pause in between. A run that throws is reported and followed by a longer
 * pause; it never ends the loop.
 *
 * @param task one run; its result, when given, is the pause in place of `pauseMs`
 */
export async function repeat(
  task: (signal: AbortSignal) => Promise<DurationMs | void>,
  options: {
    readonly pauseMs: DurationMs
    readonly backoff: Backoff
    readonly signal: AbortSignal
  },
  deps: {
    readonly clock: Clock
    readonly random: () => number
    readonly onError: (error: unknown) => void
  },
): Promise<void> {
  let failures = 0
  while (!options.signal.aborted) {
    let pauseMs = options.pauseMs
    try {
      pauseMs = (await task(options.signal)) ?? options.pauseMs
      failures = 0
    } catch (error) {
      if (options.signal.aborted) return
      failures += 1
      deps.onError(error)
      pauseMs = backoffMs(failures, options.backoff, deps.random())
    }
    await deps.clock.sleep(pauseMs, options.signal)
  }
}
