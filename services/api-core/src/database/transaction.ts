import type { Transaction } from 'kysely'
import type { Clock } from '@fingerpost/chassis/clock'
import type { EpochMs } from '@fingerpost/model/time'
import type { ChangeFeed } from '../events/change-feed.ts'
import type { CoreMetrics } from '../metrics.ts'
import type { Place } from '../rules/edge-lag.ts'
import { appendChanges, type Announcement } from './change-log.ts'
import { isConflict } from './storage-errors.ts'
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

/** How often a piece of writing is begun that deadlocks with others. */
const ATTEMPTS_MAX = 3

/**
 * Does a piece of writing in one transaction and wakes the change stream after
 * the commit. Everything is stored, or nothing is. The work is done again when a
 * deadlock ended it, so it must do nothing but write.
 */
export async function inTransaction<Result>(
  work: (writing: Writing) => Promise<Result>,
  deps: WriteDeps,
): Promise<Result> {
  const done = await attempt(work, deps)
  for (const channel of done.unqueued) deps.metrics?.unqueuedNotices.inc({ channel })
  if (done.place !== undefined) {
    deps.feed.announce(done.place.sequence)
    deps.onCommitted?.(done.place)
  }
  return done.result
}

type Done<Result> = {
  readonly result: Result
  readonly unqueued: readonly ('webhook' | 'mail')[]
  readonly place: Place | undefined
}

async function attempt<Result>(
  work: (writing: Writing) => Promise<Result>,
  deps: WriteDeps,
): Promise<Done<Result>> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await once(work, deps)
    } catch (error) {
      if (!isConflict(error) || attempts >= ATTEMPTS_MAX) throw error
    }
  }
}

async function once<Result>(
  work: (writing: Writing) => Promise<Result>,
  { storage: { db, engine }, clock }: WriteDeps,
): Promise<Done<Result>> {
  const now = clock.now()
  return db.transaction().execute(async (trx) => {
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
}
