import { join } from 'node:path'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { acquire } from '@fingerpost/chassis/disposables'
import { formatAddress } from '@fingerpost/chassis/environment'
import { listen } from '@fingerpost/chassis/listen'
import type { Logger } from '@fingerpost/chassis/logger'
import { startOpsServer } from '@fingerpost/chassis/ops-server'
import { recordPorts } from '@fingerpost/chassis/run-files'
import { readOrCreateSecret } from '@fingerpost/chassis/secret-file'
import { connectCore } from '@fingerpost/contract/core-client'
import { AppError } from '@fingerpost/model/errors'
import { createEdgeServer } from './app.ts'
import type { EdgeConfig } from './config.ts'
import { drain, type DrainLimits } from './drain.ts'
import { CHANGE_STREAM_BACKOFF, CORE_BREAKER_LIMITS, lookupLimitsOf } from './limits.ts'
import { followChanges } from './lookup/change-follower.ts'
import { CoreTier, failureOf } from './lookup/core-tier.ts'
import { LinkLookup } from './lookup/link-lookup.ts'
import { EdgeMetrics } from './metrics.ts'
import { SERVER_LIMITS } from './server-limits.ts'

/** The running edge, with the ports that it really listens on. */
export type RunningEdge = {
  readonly ports: { readonly http: number; readonly ops: number }
}

/**
 * Starts the edge: it listens and is ready whether api-core is there or not,
 * since what it has in memory it can serve without.
 */
export async function startEdge(
  config: EdgeConfig,
  log: Logger,
  deps: { readonly drainLimits: DrainLimits },
): Promise<RunningEdge & AsyncDisposable> {
  const secret = config.coreToken ?? (await readOrCreateSecret(join(config.dataDir, 'grpc-token')))
  return acquire(async (stack) => {
    const metrics = new EdgeMetrics()
    metrics.all.collectProcessMetrics()
    let isDraining = false
    const core = stack.use(
      connectCore({
        address: formatAddress(config.core),
        secret,
        deadlineMs: config.lookupMsMax,
      }),
    )
    const lookup = new LinkLookup(lookupLimitsOf(config), {
      tier: new CoreTier(CORE_BREAKER_LIMITS, {
        core,
        uptimeMs,
        onOutcome: (outcome) => metrics.countCoreLookup(outcome),
        onRest: (cause) => reportCore(cause, log),
      }),
      uptimeMs,
      events: metrics.lookupEvents,
    })
    metrics.watchLookup(lookup)
    const server = createEdgeServer(SERVER_LIMITS, {
      lookup,
      metrics,
      log,
      now: () => Date.now(),
      uptimeMs,
      isDraining: () => isDraining,
    })
    const ops = stack.use(
      await startOpsServer({
        address: config.ops,
        setting: 'EDGE_OPS_ADDR',
        readiness: () => ({ accepting: server.listening && !isDraining }),
        metrics: metrics.all,
      }),
    )
    follow(core, lookup, { log, stack })
    const http = await listen(server, config.http, 'EDGE_ADDR')
    stack.defer(async () => {
      isDraining = true
      log.info('draining')
      await drain(server, deps.drainLimits, { clock: SYSTEM_CLOCK })
    })

    const ports = { http, ops: ops.port }
    await recordPorts(config.dataDir, 'edge', ports, log)
    log.info({ ports }, 'started')
    return { ports }
  })
}

function follow(
  core: Parameters<typeof followChanges>[1]['core'],
  lookup: LinkLookup,
  context: { readonly log: Logger; readonly stack: AsyncDisposableStack },
): void {
  const { log, stack } = context
  const stop = new AbortController()
  let isRefusalTold = false
  const following = followChanges(
    { backoff: CHANGE_STREAM_BACKOFF, signal: stop.signal },
    {
      core,
      target: lookup,
      clock: SYSTEM_CLOCK,
      random: Math.random,
      onConnected: () => {
        isRefusalTold = false
        log.info({ sequence: lookup.sequence }, 'change stream connected')
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
