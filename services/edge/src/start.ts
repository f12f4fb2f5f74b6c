import { join } from 'node:path'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { acquire } from '@fingerpost/chassis/disposables'
import { formatAddress } from '@fingerpost/chassis/environment'
import { listen } from '@fingerpost/chassis/listen'
import type { Logger } from '@fingerpost/chassis/logger'
import { startOpsServer } from '@fingerpost/chassis/ops-server'
import { recordPorts } from '@fingerpost/chassis/run-files'
import { readOrCreateSecret } from '@fingerpost/chassis/secret-file'
import type { CoreApi } from '@fingerpost/contract/core-api'
import { connectCore } from '@fingerpost/contract/core-client'
import { ProbeProof } from '@fingerpost/contract/probe-proof'
import { AppError } from '@fingerpost/model/errors'
import { createEdgeServer, type PreparedRedirect } from './app.ts'
import { startClicks } from './clicks/start-clicks.ts'
import type { EdgeConfig } from './config.ts'
import { drain, type DrainLimits } from './drain.ts'
import { newEdgeId } from './edge-id.ts'
import {
  CHANGE_MEMORY_BITS,
  CHANGE_STREAM_BACKOFF,
  CORE_BREAKER_LIMITS,
  FAREWELL_MS_MAX,
  LOAD_LIMITS,
  lookupLimitsOf,
  preparedLimitsOf,
  RELIEF_PART,
  snapshotLimitsOf,
} from './limits.ts'
import { startLoad } from './load/start-load.ts'
import { acknowledger } from './lookup/acknowledger.ts'
import { followChanges, type ChangeTarget } from './lookup/change-follower.ts'
import { ChangeMemory } from './lookup/change-memory.ts'
import { CoreTier, failureOf } from './lookup/core-tier.ts'
import { startL2 } from './lookup/l2-start.ts'
import { LinkLookup } from './lookup/link-lookup.ts'
import { watchStandstill } from './lookup/standstill.ts'
import { EdgeMetrics } from './metrics.ts'
import { PreparedAnswers } from './prepared-answers.ts'
import { SERVER_LIMITS } from './server-limits.ts'
import type { SnapshotKeeper } from './snapshot/snapshot-keeper.ts'
import { notingChanges, startSnapshot } from './snapshot/start-snapshot.ts'

/** The running edge, with the ports that it really listens on. */
export type RunningEdge = {
  readonly ports: { readonly http: number; readonly ops: number }
}

/** The running data plane of one process. */
export type ServedVisitors = {
  readonly port: number
  /** Writes the snapshot now. */
  readonly save: () => Promise<void>
}

/** What serving visitors needs from the process that it happens in. */
export type ServingDeps = {
  readonly drainLimits: DrainLimits
  readonly metrics: EdgeMetrics
  /** Whether this is the one process of the edge that writes what all of them share. */
  readonly isLead: () => boolean
  /** Told when requests are accepted, and as soon as new ones had better go elsewhere. */
  readonly onAccepting: (isAccepting: boolean) => void
}

/** Starts the edge as a single process: visitors are served, operators can look at it. */
export async function startEdge(
  config: EdgeConfig,
  log: Logger,
  deps: { readonly drainLimits: DrainLimits },
): Promise<RunningEdge & AsyncDisposable> {
  return acquire(async (stack) => {
    const metrics = new EdgeMetrics()
    metrics.all.collectProcessMetrics()
    let accepting = false
    const ops = stack.use(
      await startOpsServer({
        address: config.ops,
        setting: 'EDGE_OPS_ADDR',
        readiness: () => ({ accepting }),
        metrics: metrics.all,
      }),
    )
    const visitors = stack.use(
      await serveVisitors(config, log, {
        ...deps,
        metrics,
        isLead: () => true,
        onAccepting: (isAccepting) => {
          accepting = isAccepting
        },
      }),
    )
    const ports = { http: visitors.port, ops: ops.port }
    await recordPorts(config.dataDir, 'edge', ports, log)
    log.info({ ports }, 'started')
    return { ports }
  })
}

/**
 * Serves visitors in this process, the only one or one of several: it listens
 * and accepts whether api-core is there or not, since what it has in memory it
 * can serve without.
 */
export async function serveVisitors(
  config: EdgeConfig,
  log: Logger,
  deps: ServingDeps,
): Promise<ServedVisitors & AsyncDisposable> {
  const { metrics } = deps
  const secret = config.coreToken ?? (await readOrCreateSecret(join(config.dataDir, 'grpc-token')))
  return acquire(async (stack) => {
    let isDraining = false
    const address = formatAddress(config.core)
    const core = stack.use(connectCore({ address, secret, deadlineMs: config.lookupMsMax }))
    const memory = new ChangeMemory(CHANGE_MEMORY_BITS)
    const coreTier = new CoreTier(CORE_BREAKER_LIMITS, {
      core,
      uptimeMs,
      onOutcome: (outcome) => metrics.countCoreLookup(outcome),
      onRest: (cause) => reportCore(cause, log),
    })
    const tier = startL2(config, {
      core: coreTier,
      memory,
      isConnected: () => lookup.isConnected,
      now: () => Date.now(),
      uptimeMs,
      secret,
      log,
      metrics,
      stack,
    })
    const lookup: LinkLookup = new LinkLookup(lookupLimitsOf(config), {
      tier,
      memory,
      uptimeMs,
      events: metrics.lookupEvents,
    })
    metrics.watchLookup(lookup)
    const prepared = new PreparedAnswers<PreparedRedirect>(preparedLimitsOf(config))
    const snapshot = await stayUp(lookup, config, { ...deps, prepared, log, stack })
    const clicks = stack.use(await startClicks(config, { core, clock: SYSTEM_CLOCK, log, metrics }))
    const server = createEdgeServer(SERVER_LIMITS, {
      lookup,
      prepared,
      countryHeader: config.countryHeader ?? '',
      clicks,
      probe: new ProbeProof(secret),
      metrics,
      log,
      now: () => Date.now(),
      uptimeMs,
      isDraining: () => isDraining,
    })
    // Why: of several processes that are all full, each would hand a connection on to the
    // next, for ever. Why assigned: the types of Node do not know the property.
    Object.assign(server, { dropMaxConnection: true })
    follow(core, notingChanges(lookup, snapshot), { metrics, log, stack })
    const port = await listen(server, config.http, 'EDGE_ADDR')
    deps.onAccepting(true)
    stack.defer(async () => {
      isDraining = true
      deps.onAccepting(false)
      log.info('draining')
      await drain(server, deps.drainLimits, { clock: SYSTEM_CLOCK })
    })
    return { port, save: () => snapshot.save() }
  })
}

/** Prepares for the time when nobody can be asked, and for more requests than can be answered. */
async function stayUp(
  lookup: LinkLookup,
  config: EdgeConfig,
  deps: Pick<ServingDeps, 'isLead' | 'metrics'> & {
    readonly prepared: { clear(): void }
    readonly log: Logger
    readonly stack: AsyncDisposableStack
  },
): Promise<SnapshotKeeper> {
  const { dataDir, staleMsMax, workers } = config
  const { isLead, metrics, prepared, log, stack } = deps
  const limits = snapshotLimitsOf(config)
  const snapshotDeps = { lookup, isLead, uptimeMs, log }
  const snapshot = await startSnapshot({ dataDir, limits, staleMsMax }, snapshotDeps, stack)
  metrics.watchSnapshot(snapshot)
  const load = { limits: LOAD_LIMITS, processCount: workers, reliefPart: RELIEF_PART }
  stack.use(watchStandstill(lookup, { now: () => Date.now(), uptimeMs }))
  startLoad(load, { lookup, prepared, uptimeMs, log }, stack)
  return snapshot
}

function follow(
  core: CoreApi,
  target: ChangeTarget,
  context: {
    readonly metrics: EdgeMetrics
    readonly log: Logger
    readonly stack: AsyncDisposableStack
  },
): void {
  const { metrics, log, stack } = context
  const edgeId = newEdgeId()
  const stop = new AbortController()
  const telling = acknowledger(edgeId, {
    core,
    onFailed: (cause) => log.debug(factsOf(cause), 'changes not acknowledged'),
  })
  metrics.watchAcknowledger(telling)
  let isRefusalTold = false
  const following = followChanges(
    { edgeId, backoff: CHANGE_STREAM_BACKOFF, signal: stop.signal },
    {
      core,
      target,
      clock: SYSTEM_CLOCK,
      random: Math.random,
      acknowledger: telling,
      onLag: (lagMs) => metrics.observeChangeLag(lagMs),
      onConnected: () => {
        isRefusalTold = false
        log.info({ edge_id: edgeId, sequence: target.sequence }, 'change stream connected')
      },
      onLost: (cause) => log.warn(factsOf(cause), 'change stream lost'),
      onFailed: (cause) => {
        // Why only the first: a wrong secret stays wrong, and it is tried every second.
        const isNews = failureOf(cause) === 'failed' && !isRefusalTold
        isRefusalTold ||= isNews
        log[isNews ? 'warn' : 'debug'](factsOf(cause), 'change stream not connected')
      },
    },
  )
  stack.defer(async () => {
    // Why first: who is told of the farewell does not wait for an edge whose stream is gone.
    await Promise.race([telling.leave(), SYSTEM_CLOCK.sleep(FAREWELL_MS_MAX, stop.signal)])
    stop.abort()
    await following
  })
}

function reportCore(cause: unknown, log: Logger): void {
  if (cause === undefined) log.info('core answers lookups again')
  else log.warn(factsOf(cause), 'core keeps failing lookups')
}

function factsOf(cause: unknown): object {
  return cause instanceof AppError
    ? { error_code: cause.code, detail: cause.message }
    : { error: cause }
}

function uptimeMs(): number {
  return performance.now()
}
