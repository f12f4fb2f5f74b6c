import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Backoff } from '@fingerpost/chassis/backoff'
import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { CLICKS_PER_BATCH_MAX, type CoreApi } from '@fingerpost/contract/core-api'
import { AppError } from '@fingerpost/model/errors'
import type { ServedDomain, ServedLink } from '@fingerpost/model/link'
import { isbot } from 'isbot'
import type { EdgeConfig } from '../config.ts'
import type { ClickState } from '../metrics.ts'
import { TrustedProxies } from '../trusted-proxies.ts'
import { countrySource, openGeoIp } from './click-country.ts'
import { ClickCounter, type CounterLimits } from './click-counter.ts'
import { clickFilesIn, type ClickFiles } from './click-files.ts'
import { ClickRecorder } from './click-recorder.ts'
import { ClickSender } from './click-sender.ts'
import { ClickSpool, type SpoolDeps, type SpoolLimits } from './click-spool.ts'
import { DROP_REASONS, type DropReason } from './drop-reasons.ts'
import { findLeftBatches } from './left-batches.ts'
import type { TallyMemo } from './click-table.ts'
import type { Said } from './said.ts'

/** Counts the redirect of a link; `said` is read before it returns, and not kept. */
export type Clicks = {
  count(domain: ServedDomain, link: ServedLink, said: Said, memo: TallyMemo): void
}

/** What counting uses. */
export type ClicksDeps = {
  readonly core: Pick<CoreApi, 'recordClicks'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: { watchClicks(state: ClickState): void }
}

/** The settings that clicks depend on. */
export type ClicksConfig = Pick<
  EdgeConfig,
  'dataDir' | 'countsClicks' | 'countryHeader' | 'geoIpFile' | 'trustedProxies'
>

/**
 * Starts to count clicks: they are sealed each second, kept as files until core
 * has them, and what former processes left is sent first, also when nothing is
 * counted any more. Neither core nor the disk has to be there.
 *
 * @throws {StartError} when the GeoIP file cannot be read
 */
export async function startClicks(
  config: ClicksConfig,
  deps: ClicksDeps,
): Promise<Clicks & AsyncDisposable> {
  const { clock, metrics } = deps
  const { countsClicks, geoIpFile } = config
  const geoIp = countsClicks && geoIpFile !== undefined ? await openGeoIp(geoIpFile) : undefined
  const dropped = new Map<DropReason, number>(DROP_REASONS.map((reason) => [reason, 0]))
  const { spool, sender, onError } = await startSending(config, {
    ...deps,
    onDropped: (reason, clicks) => dropped.set(reason, (dropped.get(reason) ?? 0) + clicks),
  })
  if (!countsClicks) {
    return { count: () => {}, [Symbol.asyncDispose]: () => sender.stop(LAST_SEND_MS_MAX) }
  }
  const counter = new ClickCounter(COUNTER_LIMITS, {
    now: () => clock.now(),
    isBot: (userAgent) => isbot(userAgent),
    countryOf: countrySource(
      { readsHeader: config.countryHeader !== undefined, geoIp },
      new TrustedProxies(config.trustedProxies),
    ),
    onFull: () => void recorder.seal(),
  })
  const recorder = new ClickRecorder(SEAL_MS, { counter, spool, sender, clock, onError })
  metrics.watchClicks({
    counted: () => counter.countedByVisitor(),
    dropped: () => dropped.set('counter_full', counter.dropped),
    batchesWaiting: () => spool.size,
  })
  return {
    count: (domain, link, said, memo) => counter.count(domain, link, said, memo),
    [Symbol.asyncDispose]: () => recorder.stop(LAST_SEND_MS_MAX),
  }
}

/** Begins to send what former processes left. */
async function startSending(
  config: ClicksConfig,
  deps: Pick<ClicksDeps, 'core' | 'clock' | 'log'> & Pick<SpoolDeps, 'onDropped'>,
) {
  const { core, clock, log, onDropped } = deps
  const owner = { source: randomUUID(), pid: process.pid }
  const files = clickFilesIn(join(config.dataDir, 'clicks'))
  const spool = new ClickSpool(SPOOL_LIMITS, owner, {
    files,
    onDropped,
    onUnreadable: (file) => log.error({ file }, 'clicks cannot be read, file set aside'),
    onDisk: (error) => {
      if (error === undefined) log.info('clicks can be written to the disk again')
      else log.error({ error }, 'clicks cannot be written to the disk, kept in memory')
    },
  })
  await adoptLeft(spool, { files, owner, log })
  const onError = (error: unknown) =>
    log.error({ error, error_code: 'internal_error' }, 'counting clicks failed unexpectedly')
  const sender = new ClickSender(SEND_BACKOFF, {
    core,
    spool,
    clock,
    random: Math.random,
    onCore: (error) => {
      if (error === undefined) log.info('core takes clicks again')
      else log.warn(factsOf(error), 'core takes no clicks, they wait on the disk')
    },
    onRead: (error) => {
      if (error === undefined) log.info('clicks that wait can be read again')
      else log.error({ error }, 'clicks that wait cannot be read, tried again')
    },
    onRefused: ({ source, number }, error) =>
      log.error({ ...factsOf(error), source, number }, 'core refuses a batch of clicks, dropped'),
    onError,
  })
  sender.poke()
  return { spool, sender, onError }
}

const SEAL_MS = 1_000
const LAST_SEND_MS_MAX = 1_000
const SEND_BACKOFF: Backoff = { firstMs: 200, factor: 2, maxMs: 10_000 }
const COUNTER_LIMITS: CounterLimits = { entriesMax: 50_000, textsMax: 10_000, textLengthMax: 512 }
const SPOOL_LIMITS: SpoolLimits = {
  filesMax: 5_000,
  octetsMax: 64 * 1_048_576,
  clicksPerBatchMax: CLICKS_PER_BATCH_MAX,
  openBatchesMax: 8,
}

async function adoptLeft(
  spool: ClickSpool,
  context: {
    readonly files: ClickFiles
    readonly owner: { readonly source: string; readonly pid: number }
    readonly log: Logger
  },
): Promise<void> {
  const { files, owner, log } = context
  try {
    // Why the primary's: it counts nothing, but may have the id of a former single process.
    const ourPids = new Set(cluster.isWorker ? [owner.pid, process.ppid] : [owner.pid])
    const left = findLeftBatches(await files.list(), { source: owner.source, ourPids, isAlive })
    for (const name of left.unfinished) await files.remove(name)
    if (left.batches.length > 0) {
      log.info({ batches: left.batches.length }, 'clicks of an earlier process found')
    }
    await spool.adopt(left.batches)
  } catch (error) {
    log.error({ error }, 'clicks of earlier processes cannot be looked for')
  }
}

function factsOf(error: unknown): object {
  return error instanceof AppError ? { error_code: error.code, detail: error.message } : { error }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Why true: a process of another user is one all the same.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
