import { setTimeout as sleep } from 'node:timers/promises'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** The time, and waiting for it. Loops take one, so that tests can turn the hands. */
export type Clock = {
  /** The wall clock. */
  now(): EpochMs
  /** Resolves after `durationMs`, or as soon as `signal` aborts; never rejects. */
  sleep(durationMs: DurationMs, signal: AbortSignal): Promise<void>
}

/** The clock of this machine. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  async sleep(durationMs, signal) {
    try {
      await sleep(durationMs, undefined, { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  },
}
