import { repeat } from '@fingerpost/chassis/repeat'
import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { DurationMs } from '@fingerpost/model/time'
import type { HostnameTable } from './hostname-table.ts'
import type { SnapshotFile } from './snapshot-file.ts'

/**
 * Shortest time from one snapshot to the next. As short as this, because a kill right after a
 * hostname was permitted would have a restart without core refuse it.
 */
export const SNAPSHOT_PAUSE_MS: DurationMs = 100

// A large snapshot takes a while to write: at most this part of the time goes into it.
const WRITING_PART_MAX = 0.05

const WRITE_BACKOFF = { firstMs: 1_000, factor: 2, maxMs: 60_000 }

/**
 * Writes the table to its file soon after it changed, until `signal` aborts,
 * and once more then.
 */
export async function keepSnapshot(
  table: HostnameTable,
  file: SnapshotFile,
  signal: AbortSignal,
  deps: { readonly clock: Clock; readonly random: () => number; readonly log: Logger },
): Promise<void> {
  let savedRevision = table.revision
  const saveIfChanged = async (): Promise<DurationMs> => {
    const { revision } = table
    if (revision === savedRevision) return SNAPSHOT_PAUSE_MS
    const startedAt = deps.clock.now()
    await file.save(table)
    savedRevision = revision
    const tookMs = deps.clock.now() - startedAt
    return Math.max(SNAPSHOT_PAUSE_MS, tookMs / WRITING_PART_MAX)
  }
  const onError = (error: unknown): void => {
    deps.log.error({ error, path: file.path }, 'ask snapshot could not be written')
  }
  const options = { pauseMs: SNAPSHOT_PAUSE_MS, backoff: WRITE_BACKOFF, signal }
  await repeat(saveIfChanged, options, { ...deps, onError })
  await saveIfChanged().catch(onError)
}
