import type { EpochMs } from '@fingerpost/model/time'
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
 * Finds the batches that nobody will send any more: their process has ended, its
 * id is now ours, or the machine was started since they were written.
 *
 * @param bootedAt when the machine was started
 */
export function findLeftBatches(
  files: readonly ListedFile[],
  context: {
    readonly owner: { readonly source: string; readonly pid: number }
    readonly bootedAt: EpochMs
    readonly isAlive: (pid: number) => boolean
  },
): LeftBatches {
  const { owner, bootedAt, isAlive } = context
  const batches: { name: BatchName; octets: number }[] = []
  const unfinished: string[] = []
  for (const { name, octets, writtenAt } of files) {
    const whole = parseBatchName(name)
    const batch = whole ?? parseBatchName(name.replace(TEMPORARY, ''))
    if (batch === undefined || batch.source === owner.source) continue
    const isOwned = batch.pid !== owner.pid && writtenAt >= bootedAt && isAlive(batch.pid)
    if (isOwned) continue
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
