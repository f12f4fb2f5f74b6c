import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { repeat } from '@fingerpost/chassis/repeat'
import type { DurationMs } from '@fingerpost/model/time'
import { pruneCertificates } from './certificates/certificate-store.ts'
import { deleteSomeClicks, pruneSources } from './clicks/click-retention-store.ts'
import { migrate } from './database/migrate.ts'
import type { Storage } from './database/storage.ts'
import { deleteSomeLinks } from './domains/deleted-links.ts'
import { hastenChecks } from './domains/far-checks-store.ts'
import type { ChangeFeed } from './events/change-feed.ts'
import { pruneChanges, readHead } from './events/change-store.ts'
import { pruneAnswers } from './http/idempotency-store.ts'
import type { CoreMetrics } from './metrics.ts'
import { deleteSomeReceivers } from './notices/receiver-store.ts'
import { deleteSomeNotices } from './notices/sent-notice-store.ts'

/** How often another instance's changes are looked for. */
const POLL_MS: DurationMs = 250
/** The same while somebody follows the changes. */
const POLL_WATCHED_MS: DurationMs = 20
/** How often SQLite, which has no other instance, is asked whether it still works. */
const PROBE_MS: DurationMs = 1_000
/** How often what is too old is deleted. */
const PRUNE_MS: DurationMs = 60_000
/** How often deleted domains are looked for that have links left. */
const DELETED_LINKS_MS: DurationMs = 1_000
/** How often clicks are looked for that are too old, or of deleted links. */
const OLD_CLICKS_MS: DurationMs = 10_000
/** The pause between two batches of what is deleted bit by bit, so that requests come first. */
const BATCH_PAUSE_MS: DurationMs = 20

const BACKOFF = { firstMs: 250, factor: 2, maxMs: 5_000 }

type Deps = {
  readonly storage: Storage
  readonly feed: ChangeFeed
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Pick<CoreMetrics, 'housekeepingFailures' | 'unqueuedNotices'>
}

type State = { isMigrated: boolean; isReady: boolean }

/** The background work of api-core. */
export type Housekeeping = AsyncDisposable & {
  /** Whether the database answered, with its tables in place, when it was last asked. */
  readonly isStorageReady: () => boolean
}

/**
 * Starts the background work: migrations, following the head of the changes,
 * deleting what is too old and the links of deleted domains. The first run of
 * SQLite's migrations is waited for; PostgreSQL may come later.
 */
export async function startHousekeeping(deps: Deps): Promise<Housekeeping> {
  const stop = new AbortController()
  const state: State = { isMigrated: false, isReady: false }
  if (deps.storage.engine === 'sqlite') {
    await follow(state, deps)
  }
  const pauseMs = deps.storage.engine === 'postgres' ? POLL_MS : PROBE_MS
  const runs = [
    run({ pauseMs, task: () => followHead(state, deps) }, stop.signal, deps),
    run(
      { pauseMs: PRUNE_MS, task: () => (state.isMigrated ? tidyUp(deps) : soon()) },
      stop.signal,
      deps,
    ),
    run(
      {
        pauseMs: DELETED_LINKS_MS,
        task: () => (state.isMigrated ? deleteLinks(deps) : soon()),
      },
      stop.signal,
      deps,
    ),
    run(
      { pauseMs: OLD_CLICKS_MS, task: () => (state.isMigrated ? deleteClicks(deps) : soon()) },
      stop.signal,
      deps,
    ),
  ]
  return {
    isStorageReady: () => state.isReady,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(runs)
    },
  }
}

async function soon(): Promise<DurationMs> {
  return POLL_MS
}

function run(
  loop: { readonly pauseMs: DurationMs; readonly task: () => Promise<DurationMs | void> },
  signal: AbortSignal,
  deps: Deps,
): Promise<void> {
  const onError = (error: unknown): void => {
    deps.metrics.housekeepingFailures.inc()
    deps.log.warn({ error }, 'background work failed; it is tried again')
  }
  return repeat(
    loop.task,
    { pauseMs: loop.pauseMs, backoff: BACKOFF, signal },
    { clock: deps.clock, random: Math.random, onError },
  )
}

async function followHead(state: State, deps: Deps): Promise<DurationMs | void> {
  await follow(state, deps)
  if (deps.storage.engine === 'postgres' && deps.feed.waiters > 0) return POLL_WATCHED_MS
}

async function follow(state: State, { storage, feed, log }: Deps): Promise<void> {
  try {
    if (!state.isMigrated) {
      const migrations = await migrate(storage)
      if (migrations.length > 0) log.info({ migrations }, 'tables brought up to date')
      state.isMigrated = true
    }
    feed.follow(await readHead(storage.db))
    state.isReady = true
  } catch (error) {
    state.isReady = false
    throw error
  }
}

async function tidyUp(deps: Deps): Promise<DurationMs> {
  const { storage } = deps
  const now = deps.clock.now()
  if (await hastenChecks(now, storage.db)) return BATCH_PAUSE_MS
  if (await pruneChanges(now, storage.db)) return BATCH_PAUSE_MS
  if (await pruneCertificates(now, storage.db)) return BATCH_PAUSE_MS
  await pruneAnswers(now, storage.db)
  await pruneSources(now, deps)
  if (await deleteSomeReceivers(deps)) return BATCH_PAUSE_MS
  if (await deleteSomeNotices(deps)) return BATCH_PAUSE_MS
  return PRUNE_MS
}

async function deleteLinks(deps: Deps): Promise<DurationMs> {
  return (await deleteSomeLinks(deps)) ? BATCH_PAUSE_MS : DELETED_LINKS_MS
}

async function deleteClicks(deps: Deps): Promise<DurationMs> {
  return (await deleteSomeClicks(deps)) ? BATCH_PAUSE_MS : OLD_CLICKS_MS
}
