import { join } from 'node:path'
import { SYSTEM_CLOCK, type Clock } from '@fingerpost/chassis/clock'
import { acquire } from '@fingerpost/chassis/disposables'
import { formatAddress } from '@fingerpost/chassis/environment'
import { listen, listenError } from '@fingerpost/chassis/listen'
import type { Logger } from '@fingerpost/chassis/logger'
import { startOpsServer } from '@fingerpost/chassis/ops-server'
import { recordPorts } from '@fingerpost/chassis/run-files'
import { readOrCreateSecret } from '@fingerpost/chassis/secret-file'
import { serveCore } from '@fingerpost/contract/core-server'
import { createApp } from './app.ts'
import type { CoreConfig } from './config.ts'
import { measured } from './core/measured-core.ts'
import { StoredCore } from './core/core-api.ts'
import { openStorage } from './database/storage.ts'
import { ChangeFeed } from './events/change-feed.ts'
import { EDGE_WAIT_MS_MAX, EdgeWaits } from './events/edge-waits.ts'
import { Edges } from './events/edges.ts'
import { startHousekeeping } from './housekeeping.ts'
import { drainable } from './http/drain.ts'
import { REQUESTS_PER_MINUTE_MAX } from './http/rate-limit.ts'
import { createCoreMetrics } from './metrics.ts'

/** A running api-core, with the ports that it really listens on. */
export type RunningCore = {
  readonly ports: { readonly http: number; readonly grpc: number; readonly ops: number }
}

/** Starts api-core. It serves what it can while the database cannot be reached. */
export async function startCore(
  config: CoreConfig,
  log: Logger,
  clock: Clock = SYSTEM_CLOCK,
): Promise<RunningCore & AsyncDisposable> {
  return acquire(async (stack) => {
    const secretFile = (name: string): Promise<string> =>
      readOrCreateSecret(join(config.dataDir, name))
    const adminToken = config.adminToken ?? (await secretFile('admin-token'))
    const grpcToken = config.grpcToken ?? (await secretFile('grpc-token'))
    const storage = stack.use(openStorage(config.databaseUrl, log))
    const feed = new ChangeFeed()
    const metrics = createCoreMetrics(feed)
    const housekeeping = stack.use(await startHousekeeping({ storage, feed, clock, log, metrics }))
    const edges = stack.use(new Edges({ storage, clock, log }))
    const waits = new EdgeWaits(edges, { waitMsMax: EDGE_WAIT_MS_MAX }, { clock, log })
    metrics.watchEdges({ edges, waits })
    const deps = { storage, feed, clock, log, metrics, edges, waits }
    const naming = { publicTarget: config.publicTarget, txtPrefix: config.txtPrefix }

    const ops = stack.use(
      await startOpsServer({
        address: config.opsAddress,
        setting: 'CORE_OPS_ADDR',
        readiness: () => ({ storage: housekeeping.isStorageReady() }),
        metrics: metrics.registry,
      }),
    )
    const grpc = stack.use(
      await serveGrpc(config, {
        core: measured(new StoredCore(naming, deps), metrics.grpcSeconds),
        secret: grpcToken,
        log,
      }),
    )
    const { app } = await createApp({
      ...deps,
      naming,
      adminToken,
      requestsPerMinuteMax: REQUESTS_PER_MINUTE_MAX,
    })
    stack.defer(drainable(app))
    stack.defer(() => waits.stop())
    await app.ready()
    const http = await listen(app.server, config.httpAddress, 'CORE_HTTP_ADDR')

    const ports = { http, grpc: grpc.port, ops: ops.port }
    await recordPorts(config.dataDir, 'api-core', ports, log)
    log.info({ ports }, 'started')
    return { ports }
  })
}

async function serveGrpc(
  config: CoreConfig,
  options: Omit<Parameters<typeof serveCore>[0], 'address'>,
): ReturnType<typeof serveCore> {
  try {
    return await serveCore({ ...options, address: formatAddress(config.grpcAddress) })
  } catch (error) {
    throw listenError(error, config.grpcAddress, 'CORE_GRPC_ADDR')
  }
}
