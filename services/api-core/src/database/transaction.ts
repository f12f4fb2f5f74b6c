import type { Transaction } from 'kysely'
import type { Clock } from '@fingerpost/chassis/clock'
import type { EpochMs } from '@fingerpost/model/time'
import type { ChangeFeed } from '../events/change-feed.ts'
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
}

/** What every write needs. */
export type WriteDeps = {
  readonly storage: Storage
  readonly feed: ChangeFeed
  readonly clock: Pick<Clock, 'now'>
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
    const result = await work({
      trx,
      engine,
      now,
      announce: (change) => announcements.push(change),
    })
    if (announcements.length === 0) return { result, place: undefined }
    return { result, place: await appendChanges(announcements, { trx, engine, now }) }
  })
  if (done.place !== undefined) {
    deps.feed.announce(done.place.sequence)
    deps.onCommitted?.(done.place)
  }
  return done.result
}
