import { backoffMs, type Backoff } from '@fingerpost/chassis/backoff'
import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { StartError } from '@fingerpost/chassis/start-error'
import { startChild, type Child, type ChildExit, type ChildSpec } from './child.ts'
import { removePidFile, writePidFile } from './pid-files.ts'
import { afterExit } from './rules/restart-policy.ts'

/** A program that is kept running. */
export type Supervised = {
  readonly name: string
  /** Resolves when it is up for the first time. */
  readonly up: Promise<void>
  /** Rejects with a StartError when its first start says that it cannot; else never settles. */
  readonly givenUp: Promise<never>
  /** Asks it to stop, and does not start it again; resolves when it is gone. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

/** What a supervisor needs from outside. */
export type SupervisorDeps = {
  readonly dataDir: string
  readonly log: Logger
  readonly clock: Clock
  readonly random: () => number
  readonly onLine: (name: string, line: string) => void
  /** Whether the first start is going on still. */
  readonly isStarting: () => boolean
  /** Resolves with true when the program is up, with false when `signal` aborts before. */
  readonly isUp: (name: string, signal: AbortSignal) => Promise<boolean>
}

const RESTART_BACKOFF: Backoff = { firstMs: 200, factor: 2, maxMs: 15_000 }

/** Starts a program, and starts it again, later and later, whenever it ends by itself. */
export function supervise(spec: ChildSpec, deps: SupervisorDeps): Supervised {
  const up = Promise.withResolvers<void>()
  const givenUp = Promise.withResolvers<never>()
  // Why: whoever started this looks at it in its own time, possibly never.
  givenUp.promise.catch(() => {})
  const stop = new AbortController()
  let child: Child | undefined
  let hasBeenUp = false

  const watchUp = async (signal: AbortSignal): Promise<void> => {
    if (!(await deps.isUp(spec.name, signal))) return
    hasBeenUp = true
    up.resolve()
  }
  const runOnce = async (): Promise<ChildExit> => {
    const run = new AbortController()
    child = startChild(spec, (line) => deps.onLine(spec.name, line))
    const { pid, exited } = child
    if (pid !== undefined) await noteSafely(writePidFile(deps.dataDir, spec.name, pid), deps)
    // Why again: the stop may have come while the note was being written.
    if (stop.signal.aborted) child.kill('SIGTERM')
    void noteSafely(watchUp(run.signal), deps)
    const exit = await exited
    run.abort()
    await noteSafely(removePidFile(deps.dataDir, spec.name), deps)
    return exit
  }

  const keepRunning = async (): Promise<void> => {
    let failures = 0
    while (!stop.signal.aborted) {
      const startedAt = performance.now()
      const { startError, code, signal } = await runOnce()
      if (stop.signal.aborted) return
      const ranMs = performance.now() - startedAt
      const isFirstStart = !hasBeenUp && deps.isStarting()
      const next = afterExit({ ranMs, failuresBefore: failures, startError, isFirstStart })
      if (next.kind === 'give_up') return givenUp.reject(new StartError(next.message))
      failures = next.failures
      const waitMs = backoffMs(failures, RESTART_BACKOFF, deps.random())
      const facts = {
        child: spec.name,
        reason: startError,
        exit_code: code,
        signal,
        wait_ms: waitMs,
        failures,
      }
      deps.log.error(facts, 'a process ended by itself and is started again')
      await deps.clock.sleep(waitMs, stop.signal)
    }
  }
  const ended = keepRunning()

  return {
    name: spec.name,
    up: up.promise,
    givenUp: givenUp.promise,
    async stop() {
      stop.abort()
      child?.kill('SIGTERM')
      await ended
    },
    kill: () => child?.kill('SIGKILL'),
  }
}

// Why: a full disk must not end the care for a program that redirects.
async function noteSafely(work: Promise<void>, deps: SupervisorDeps): Promise<void> {
  try {
    await work
  } catch (error) {
    deps.log.warn({ error }, 'the data directory cannot be read or written')
  }
}
