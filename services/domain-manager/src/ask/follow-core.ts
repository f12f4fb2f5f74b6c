import { repeat } from '@fingerpost/chassis/repeat'
import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { CoreApi, Sequence } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { DurationMs } from '@fingerpost/model/time'
import { OutageLog } from '../outage-log.ts'
import type { HostnameList, HostnameTable } from './hostname-table.ts'

const FOLLOW_BACKOFF = { firstMs: 200, factor: 2, maxMs: 5_000 }

/**
 * Keeps the table equal to core's hostnames until `signal` aborts: reads the
 * whole list, then follows the changes after it. While core is away the table
 * stays as it is, for however long.
 */
export async function followCore(
  table: HostnameTable,
  core: Pick<CoreApi, 'listHostnames' | 'watchChanges'>,
  signal: AbortSignal,
  deps: { readonly clock: Clock; readonly random: () => number; readonly log: Logger },
): Promise<void> {
  const { clock, log } = deps
  const outage = new OutageLog(log, 'following core')
  // Why listed anew at each start: core's data may have been replaced meanwhile.
  let mustList = true
  const follow = async (): Promise<DurationMs> => {
    if (mustList) {
      const list = await readList(core, signal, clock)
      warnOfLoss(table, list, log)
      table.replace(list)
      mustList = false
      log.info({ hostnames: table.size, sequence: list.sequence }, 'hostnames read from core')
    }
    try {
      mustList = await followChanges(table, core, signal, clock, outage)
      return 0
    } catch (error) {
      if (!table.isFollowing) throw error
      // Why not thrown: a stream that worked before it broke is no failure in a row.
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

/** Applies changes until the stream ends; true when the whole list has to be read again. */
async function followChanges(
  table: HostnameTable,
  core: Pick<CoreApi, 'watchChanges'>,
  signal: AbortSignal,
  clock: Clock,
  outage: OutageLog,
): Promise<boolean> {
  for await (const change of core.watchChanges(table.sequence, signal)) {
    if (change.kind === 'reset') return true
    if (change.kind === 'hostname_changed') table.apply(change)
    table.noteCurrent(change.sequence, clock.now())
    table.isFollowing = true
    outage.succeeded()
  }
  if (signal.aborted) return false
  throw new AppError('core_unavailable', 'Core ended the change stream.')
}

async function readList(
  core: Pick<CoreApi, 'listHostnames'>,
  signal: AbortSignal,
  clock: Clock,
): Promise<HostnameList> {
  const startedAt = clock.now()
  const statuses = new Map<Hostname, DomainStatus>()
  let sequence: Sequence = 0
  for await (const page of core.listHostnames(signal)) {
    for (const { hostname, status } of page.hostnames) {
      if (status !== undefined) statuses.set(hostname, status)
    }
    sequence = page.sequence
    if (page.isLast) return { statuses, sequence, currentAt: startedAt }
  }
  throw new AppError('core_unavailable', 'Core did not send the whole list of hostnames.')
}

// Why only said: core alone knows what is true, but an operator who started it
// with the wrong database sees it here first.
function warnOfLoss(table: HostnameTable, list: HostnameList, log: Logger): void {
  const after = list.statuses.size
  if (after * 2 >= table.size) return
  log.warn({ before: table.size, after }, 'core has lost more than half of the hostnames')
}
