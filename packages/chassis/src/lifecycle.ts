import { once } from 'node:events'
import type { DurationMs } from '@fingerpost/model/time'
import type { Logger } from './logger.ts'
import { StartError } from './start-error.ts'

/**
 * Runs a process from start to stop: starts, waits for SIGINT, SIGTERM or the
 * end of the parent that started it with a channel, then releases what was
 * acquired. Exits with 0 after a clean stop, else with 1.
 *
 * @param start gives what is to be released; it may stop early when `signal` aborts
 */
export async function runService(
  start: (signal: AbortSignal) => Promise<AsyncDisposable>,
  options: { readonly log: () => Logger; readonly stopMsMax: DurationMs },
): Promise<void> {
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort())
  // Why: a launcher that was killed cannot stop its services; they notice by themselves.
  if (process.channel !== undefined) process.once('disconnect', () => stop.abort())
  process.channel?.unref()

  try {
    const service = await start(stop.signal)
    if (!stop.signal.aborted) await once(stop.signal, 'abort')
    // Why unref: a clean stop empties the event loop by itself. This timer is
    // only for the case where something failed to close.
    setTimeout(() => {
      options.log().error({ stop_ms_max: options.stopMsMax }, 'stopping took too long')
      process.exit(1)
    }, options.stopMsMax).unref()
    await service[Symbol.asyncDispose]()
  } catch (error) {
    reportFatal(error, options.log)
    process.exit(1)
  }
  process.exit(0)
}

function reportFatal(error: unknown, log: () => Logger): void {
  if (error instanceof StartError) {
    process.stderr.write(`${error.message}\n`)
    return
  }
  log().fatal({ error }, 'stopped by an unexpected error')
}
