import { parseBatchName, type BatchName } from './click-batch-format.ts'
import type { ListedFile } from './click-files.ts'

/** What former processes left behind. */
export type LeftBatches = {
  /** Each source's batches in the order of their numbers. */
  readonly batches: readonly { readonly name: BatchName; readonly octets: number }[]
  /** Names of files that were being written when their process ended. */
  readonly unfinished: readonly string[]
}

/**
 * Finds the batches that nobody will send any more: their process has ended, or
 * its id now belongs to a process of ours that has none.
 *
 * Why no times are compared: a clock that was set forward would make a living
 * process look like one of before the boot. An id that another program got
 * after a boot keeps the files until a later start.
 *
 * @param context.ourPids this process, and the primary that started it
 */
export function findLeftBatches(
  files: readonly ListedFile[],
  context: {
    readonly source: string
    readonly ourPids: ReadonlySet<number>
    readonly isAlive: (pid: number) => boolean
  },
): LeftBatches {
  const { source, ourPids, isAlive } = context
  const batches: { name: BatchName; octets: number }[] = []
  const unfinished: string[] = []
  for (const { name, octets } of files) {
    const whole = parseBatchName(name)
    const batch = whole ?? parseBatchName(name.replace(TEMPORARY, ''))
    if (batch === undefined || batch.source === source) continue
    if (!ourPids.has(batch.pid) && isAlive(batch.pid)) continue
    if (whole === undefined) unfinished.push(name)
    else batches.push({ name: whole, octets })
  }
  batches.sort(
    ({ name: one }, { name: other }) =>
      one.source.localeCompare(other.source) || one.number - other.number,
  )
  return { batches, unfinished }
}

const TEMPORARY = /\.[0-9a-f-]{36}\.tmp$/
