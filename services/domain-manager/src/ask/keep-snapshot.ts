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

// A large snapshot is work for a while, a third of a microsecond a hostname: with this pause it is
// a twentieth of the time. Why not by how long the writing took: that is mostly waiting for the
// disk, and one that hangs for a second would leave what changes then unwritten for twenty.
const PAUSE_PER_HOSTNAME_MS: DurationMs = 0.006

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
    await file.save(table)
    savedRevision = revision
    return Math.max(SNAPSHOT_PAUSE_MS, table.size * PAUSE_PER_HOSTNAME_MS)
  }
  const onError = (error: unknown): void => {
    deps.log.error({ error, path: file.path }, 'ask snapshot could not be written')
  }
  const options = { pauseMs: SNAPSHOT_PAUSE_MS, backoff: WRITE_BACKOFF, signal }
  await repeat(saveIfChanged, options, { ...deps, onError })
  await saveIfChanged().catch(onError)
}
