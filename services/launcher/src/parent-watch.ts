import type { DurationMs } from '@fingerpost/model/time'

const POLL_MS: DurationMs = 250

/**
 * Asks this process to stop when the npm that started it is gone.
 *
 * npm hands signals on, but nothing does when npm itself is killed; the
 * services would then hold their ports with nobody left to stop them.
 */
export function stopWithNpm(environment: Readonly<Record<string, string | undefined>>): void {
  if (environment['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, POLL_MS)
  timer.unref()
}
