import { once } from 'node:events'
import { isatty } from 'node:tty'
import type { DurationMs } from '@fingerpost/model/time'
import type { Logger } from './logger.ts'
import { StartError } from './start-error.ts'

/** What a process that cannot start tells a parent with a channel, in place of standard error. */
export type StartErrorMessage = { readonly startError: string }

/** Reads the sentence of a child that cannot start; undefined: it said something else. */
export function readStartErrorMessage(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('startError' in message))
    return undefined
  return typeof message.startError === 'string' ? message.startError : undefined
}

/** How `runService` treats its process. */
export type RunOptions = {
  readonly log: () => Logger
  /** How long after the request to stop the process ends in any case. */
  readonly stopMsMax: DurationMs
  /** Called for each signal that comes clearly after the first one: somebody is impatient. */
  readonly onSignalAgain?: () => void
}

/**
 * Runs a process from start to stop: starts, waits for SIGINT, SIGTERM or the
 * end of the parent that started it with a channel, then releases what was
 * acquired. Exits with 0 after a clean stop, with 1 after a failure.
 *
 * @param start gives what is to be released; it may end early when `signal` aborts
 */
export async function runService(
  start: (signal: AbortSignal) => Promise<AsyncDisposable>,
  options: RunOptions,
): Promise<void> {
  const signal = stopSignal(options)
  try {
    const service = await start(signal)
    if (!signal.aborted) await once(signal, 'abort')
    await service[Symbol.asyncDispose]()
  } catch (error) {
    if (signal.aborted && error === signal.reason) process.exit(0)
    await reportFatal(error, options.log)
    process.exit(1)
  }
  process.exit(0)
}

/** The argument with which a service reads its settings, says what is wrong with them, and ends. */
export const CHECK_CONFIG_ARGUMENT = '--check-config'

/** Ends a process that was only to read its settings, now that it has read them. */
export function endAfterConfigCheck(): void {
  if (process.argv.includes(CHECK_CONFIG_ARGUMENT)) process.exit(0)
}

/**
 * Calls `action` on SIGHUP, which ends a process otherwise. On a terminal it
 * still does: there it says that the terminal was closed.
 */
export function onHangUp(action: () => void): Disposable {
  if (isatty(STANDARD_INPUT)) return { [Symbol.dispose]: () => undefined }
  process.on('SIGHUP', action)
  return { [Symbol.dispose]: () => void process.off('SIGHUP', action) }
}

const STANDARD_INPUT = 0

// Why: npm passes a Ctrl-C on to a process that the terminal has told already.
const ECHO_MS_MAX: DurationMs = 500

function stopSignal(options: RunOptions): AbortSignal {
  const stop = new AbortController()
  let stoppedAt = 0
  const request = (): void => {
    if (!stop.signal.aborted) {
      stoppedAt = performance.now()
      // Why already now: a start that hangs must not outlive a stop either.
      cutOffLater(options)
      stop.abort()
    } else if (performance.now() - stoppedAt > ECHO_MS_MAX) {
      options.onSignalAgain?.()
    }
  }
  process.on('SIGINT', request)
  process.on('SIGTERM', request)
  // Why: a launcher that was killed cannot stop its services; they notice by themselves.
  if (process.channel !== undefined) process.once('disconnect', request)
  process.channel?.unref()
  return stop.signal
}

function cutOffLater(options: RunOptions): void {
  // Why unref: this timer is only for the case where something fails to close.
  setTimeout(() => {
    options.log().error({ stop_ms_max: options.stopMsMax }, 'stopping took too long')
    process.exit(1)
  }, options.stopMsMax).unref()
}

async function reportFatal(error: unknown, log: () => Logger): Promise<void> {
  if (!(error instanceof StartError)) {
    log().fatal({ error }, 'stopped by an unexpected error')
    return
  }
  if (!(await tellParent({ startError: error.message }))) process.stderr.write(`${error.message}\n`)
}

async function tellParent(message: StartErrorMessage): Promise<boolean> {
  if (process.send === undefined || !process.connected) return false
  const { promise, resolve } = Promise.withResolvers<Error | null>()
  // Why: who sends is not told that the channel ended before the message had left.
  process.once('disconnect', () => resolve(new Error('The parent is gone.')))
  process.send(message, undefined, {}, resolve)
  return (await promise) === null
}
