import { setTimeout as sleep } from 'node:timers/promises'
import type { DurationMs } from '@fingerpost/model/time'
import type { Logger } from '@fingerpost/chassis/logger'
import { StartError } from '@fingerpost/chassis/start-error'
import { findLeftovers } from './pid-files.ts'

const POLL_MS: DurationMs = 100

/**
 * Waits for the processes of an earlier start on the same data directory, which
 * end by themselves when their launcher was killed.
 *
 * @param marks as `findLeftovers` takes them
 * @throws {StartError} naming those that stay
 */
export async function refuseLeftovers(
  dataDir: string,
  marks: Readonly<Record<string, string>>,
  context: { readonly msMax: DurationMs; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + context.msMax
  let isTold = false
  for (;;) {
    context.signal.throwIfAborted()
    const leftovers = await findLeftovers(dataDir, marks)
    if (leftovers.length === 0) return
    const list = leftovers.map(({ name, pid }) => `${name} (process ${pid})`).join(', ')
    if (performance.now() > deadline) {
      const pids = leftovers.map(({ pid }) => pid).join(' ')
      throw new StartError(
        `The data directory ${dataDir} is in use by ${list} of another start. ` +
          `Stop that one ("kill ${pids}"), or set FINGERPOST_DATA_DIR to another folder.`,
      )
    }
    if (!isTold) context.log.warn({ processes: list }, 'waiting for an earlier start to end')
    isTold = true
    await sleep(POLL_MS)
  }
}
