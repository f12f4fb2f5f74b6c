import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** How often it is looked whether time has passed unseen. */
const LOOK_MS: DurationMs = 1_000

/** The clocks may part by so much between two looks without its meaning anything. */
const PARTING_MS_MAX: DurationMs = 5_000

/** What both clocks say. */
export type Clocks = {
  readonly now: () => EpochMs
  /** A clock that never jumps, and stands still while the machine is suspended. */
  readonly uptimeMs: () => number
}

/**
 * Makes the function that tells, each time that it is called, whether this
 * machine was suspended since the last time: then the wall clock has gone on and
 * the other one has not. A wall clock that is set looks the same, which does no harm.
 */
export function standstillDetector({ now, uptimeMs }: Clocks): () => boolean {
  let lastParting = now() - uptimeMs()
  return () => {
    const parting = now() - uptimeMs()
    const wasStill = Math.abs(parting - lastParting) > PARTING_MS_MAX
    lastParting = parting
    return wasStill
  }
}

/** Tells the lookup each time that this machine was suspended, until disposed. */
export function watchStandstill(target: { missTime(): void }, clocks: Clocks): Disposable {
  const wasStill = standstillDetector(clocks)
  const timer = setInterval(() => {
    if (wasStill()) target.missTime()
  }, LOOK_MS)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
