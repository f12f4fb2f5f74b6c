import { setImmediate as nextTurn } from 'node:timers/promises'
import { repeat } from '@fingerpost/chassis/repeat'
import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { CoreApi } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import { OutageLog } from '../outage-log.ts'
import type { HostnameList, HostnameTable } from './hostname-table.ts'

/** So often the whole list is read anew although the stream holds, give or take a tenth. */
export const RELIST_MS: DurationMs = 600_000
const RELIST_JITTER_PART = 0.1

const FOLLOW_BACKOFF = { firstMs: 200, factor: 2, maxMs: 5_000 }

/**
 * Keeps the table equal to core's hostnames until `signal` aborts: reads the
 * whole list, then follows the changes after it, again and again. While core is
 * away, and until a list is whole, the table stays as it is, for however long.
 *
 * Why listed anew after every stream, and now and then without a cause: a core whose
 * database was restored, or failed over with its last changes lost, may count on from
 * below to our sequence and past it. Its changes alone do not show that.
 */
export async function followCore(
  table: HostnameTable,
  core: Pick<CoreApi, 'listHostnames' | 'watchChanges'>,
  signal: AbortSignal,
  deps: {
    readonly clock: Clock
    readonly random: () => number
    readonly log: Logger
    /** Called after each list. */
    readonly onList: () => void
  },
): Promise<void> {
  const { clock, log, random } = deps
  const outage = new OutageLog(log, 'following core', clock)
  const follow = async (): Promise<DurationMs> => {
    const list = await readList(table, core, signal, clock)
    warnOfLoss(table, list, log)
    table.replace(list)
    deps.onList()
    log.info({ hostnames: table.size, sequence: list.sequence }, 'hostnames read from core')
    const startedAt = clock.now()
    const relistAt = startedAt + RELIST_MS * (1 + RELIST_JITTER_PART * (2 * random() - 1))
    try {
      return await followChanges(table, core, signal, { relistAt, clock, outage })
    } catch (error) {
      // Why not thrown: a stream that held for a while before it broke is no failure in a row.
      // One that breaks at once is, or the list would be read without a pause.
      if (clock.now() - startedAt < FOLLOW_BACKOFF.maxMs) throw error
      outage.failed(error)
      return FOLLOW_BACKOFF.firstMs
    } finally {
      table.isFollowing = false
    }
  }
  const options = { pauseMs: 0, backoff: FOLLOW_BACKOFF, signal }
  const onError = (error: unknown): void => outage.failed(error)
  await repeat(follow, options, { ...deps, onError })
}

/** Applies changes until the list is to be read again; gives the pause before that. */
async function followChanges(
  table: HostnameTable,
  core: Pick<CoreApi, 'watchChanges'>,
  signal: AbortSignal,
  deps: { readonly relistAt: EpochMs; readonly clock: Clock; readonly outage: OutageLog },
): Promise<DurationMs> {
  const { relistAt, clock, outage } = deps
  for await (const change of core.watchChanges({ afterSequence: table.sequence }, signal)) {
    if (change.kind === 'reset') return FOLLOW_BACKOFF.firstMs
    if (change.kind === 'hostname_changed') table.apply(change)
    if (change.kind === 'certificate_changed') table.applyCertificate(change.hostname, change)
    table.noteCurrent(change.sequence, clock.now())
    table.isFollowing = true
    outage.succeeded()
    // Why asked here and by no timer: a stream is never silent, it has heartbeats.
    if (clock.now() >= relistAt) return 0
  }
  if (signal.aborted) return 0
  throw new AppError('core_unavailable', 'Core ended the change stream.')
}

/**
 * Reads the whole list into an empty one. Its pages may show changes after its
 * sequence; those are told again by the stream, and the last one told holds.
 *
 * A list never makes less of until when a certificate may be held, as a change does: a core
 * whose database was restored does not know the certificates that were issued since.
 */
async function readList(
  table: HostnameTable,
  core: Pick<CoreApi, 'listHostnames'>,
  signal: AbortSignal,
  clock: Clock,
): Promise<HostnameList> {
  const startedAt = clock.now()
  const hostnames = table.emptyList(table.size)
  for await (const { hostnames: page, sequence, isLast } of core.listHostnames(signal)) {
    for (const { hostname, status, certificate, mayHoldUntil } of page) {
      if (status === undefined) continue
      const { mayHoldUntil: before = 0 } = table.get(hostname) ?? {}
      const held = Math.max(mayHoldUntil ?? 0, before)
      hostnames.set(hostname, { status, certificate, mayHoldUntil: held })
    }
    if (isLast) return { hostnames, sequence, currentAt: startedAt }
    // Why: asks come before the next page.
    await nextTurn()
  }
  throw new AppError('core_unavailable', 'Core did not send the whole list of hostnames.')
}

// Why only said: core alone knows what is true, but an operator who started it
// with the wrong database sees it here first.
function warnOfLoss(table: HostnameTable, list: HostnameList, log: Logger): void {
  const after = list.hostnames.size
  if (after * 2 >= table.size) return
  log.warn({ before: table.size, after }, 'core has lost more than half of the hostnames')
}
