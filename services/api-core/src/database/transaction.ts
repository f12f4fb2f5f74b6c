import type { Transaction } from 'kysely'
import type { Clock } from '@fingerpost/chassis/clock'
import type { EpochMs } from '@fingerpost/model/time'
import type { ChangeFeed } from '../events/change-feed.ts'
import type { CoreMetrics } from '../metrics.ts'
import type { Place } from '../rules/edge-lag.ts'
import { appendChanges, type Announcement } from './change-log.ts'
import type { Engine, Storage } from './storage.ts'
import type { Tables } from './tables.ts'

/** What a piece of writing has in hand. */
export type Writing = {
  readonly trx: Transaction<Tables>
  readonly engine: Engine
  /** The one instant of everything that this transaction writes. */
  readonly now: EpochMs
  /** Puts a change into the change stream, if it is news and the transaction is committed. */
  readonly announce: (announcement: Announcement) => void
  /** Counts a notice that found the queue of a receiver full, if the transaction is committed. */
  readonly countUnqueued: (channel: 'webhook' | 'mail') => void
}

/** What every write needs. */
export type WriteDeps = {
  readonly storage: Storage
  readonly feed: ChangeFeed
  readonly clock: Pick<Clock, 'now'>
  /** Absent: what is counted of notices counts nowhere. */
  readonly metrics?: Pick<CoreMetrics, 'unqueuedNotices'>
  /** Told the last change that was committed, if there was one. */
  readonly onCommitted?: (place: Place) => void
}

/**
 * Does a piece of writing in one transaction and wakes the change stream after
 * the commit. Everything is stored, or nothing is.
 */
export async function inTransaction<Result>(
  work: (writing: Writing) => Promise<Result>,
  deps: WriteDeps,
): Promise<Result> {
  const now = deps.clock.now()
  const { engine } = deps.storage
  const done = await deps.storage.db.transaction().execute(async (trx) => {
    const announcements: Announcement[] = []
    const unqueued: ('webhook' | 'mail')[] = []
    const result = await work({
      trx,
      engine,
      now,
      announce: (change) => announcements.push(change),
      countUnqueued: (channel) => unqueued.push(channel),
    })
    if (announcements.length === 0) return { result, unqueued, place: undefined }
    return { result, unqueued, place: await appendChanges(announcements, { trx, engine, now }) }
  })
  for (const channel of done.unqueued) deps.metrics?.unqueuedNotices.inc({ channel })
  if (done.place !== undefined) {
    deps.feed.announce(done.place.sequence)
    deps.onCommitted?.(done.place)
  }
  return done.result
}
