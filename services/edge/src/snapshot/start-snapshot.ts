import { join } from 'node:path'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { DurationMs } from '@fingerpost/model/time'
import type { ChangeTarget } from '../lookup/change-follower.ts'
import { SnapshotKeeper, type SnapshotDeps, type SnapshotLimits } from './snapshot-keeper.ts'

/**
 * Takes in the snapshot of an earlier process, and keeps one until `stack` is
 * disposed. Comes before everything that changes what L1 knows, so that it is
 * written a last time after all of that has stopped.
 *
 * @param options.staleMsMax what was last confirmed longer ago is not taken in
 */
export async function startSnapshot(
  options: {
    readonly dataDir: string
    readonly limits: SnapshotLimits
    readonly staleMsMax: DurationMs
  },
  deps: Pick<SnapshotDeps, 'lookup' | 'isLead' | 'uptimeMs'> & { readonly log: Logger },
  stack: AsyncDisposableStack,
): Promise<SnapshotKeeper> {
  const path = join(options.dataDir, 'edge-snapshot.jsonl')
  const system = { clock: SYSTEM_CLOCK, random: Math.random }
  const keeper = new SnapshotKeeper(path, options.limits, { ...deps, ...system })
  await keeper.load(options.staleMsMax)
  const stop = new AbortController()
  const keeping = keeper.keep(stop.signal)
  stack.defer(async () => {
    stop.abort()
    await keeping
  })
  return keeper
}

/**
 * Gives a target that tells `listener` of each change right after `target` has
 * applied it, and that knows the history of the snapshot until core tells its own.
 */
export function notingChanges(
  target: ChangeTarget,
  listener: Pick<SnapshotKeeper, 'lineage' | 'note'>,
): ChangeTarget {
  return {
    get sequence() {
      return target.sequence
    },
    get lineage() {
      // Why the snapshot's: core then says so when its history is another one.
      return target.lineage ?? listener.lineage
    },
    get isConnected() {
      return target.isConnected
    },
    apply(change) {
      target.apply(change)
      listener.note(change)
    },
    loseTrack: () => target.loseTrack(),
  }
}
