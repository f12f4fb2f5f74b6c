import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { acquire } from '@fingerpost/chassis/disposables'
import { formatAddress, type Address } from '@fingerpost/chassis/environment'
import { onHangUp } from '@fingerpost/chassis/lifecycle'
import { listen } from '@fingerpost/chassis/listen'
import type { Logger } from '@fingerpost/chassis/logger'
import { Metrics, scrapeOf } from '@fingerpost/chassis/metrics'
import { startOpsServer } from '@fingerpost/chassis/ops-server'
import { recordPorts } from '@fingerpost/chassis/run-files'
import type { EdgeConfig } from '../config.ts'
import type { RunningEdge } from '../start.ts'
import { WorkerPool, type PoolLimits } from './worker-pool.ts'
import { WorkerProcess } from './worker-process.ts'

/**
 * Starts the edge as several processes: workers that serve visitors on one
 * port, and this one, the primary, which keeps them and is what operators see.
 *
 * @param deps.signal aborts a start that has not ended
 */
export async function startPrimary(
  config: EdgeConfig,
  log: Logger,
  deps: { readonly limits: Omit<PoolLimits, 'workers'>; readonly signal: AbortSignal },
): Promise<RunningEdge & AsyncDisposable> {
  // Why not left to the system: it wakes whichever worker is quickest, so a proxy that keeps
  // a few connections for minutes would have most of them at one worker. In turn each gets its
  // share, and a connection that a leaving worker does not take is given to the next.
  cluster.schedulingPolicy = cluster.SCHED_RR
  // Why: the metrics contain numbers that JSON cannot tell.
  cluster.setupPrimary({ serialization: 'advanced' })
  const address = await withPort(config.http)
  return acquire(async (stack) => {
    const pool = new WorkerPool(
      { ...deps.limits, workers: config.workers },
      {
        startWorker: (slot) => new WorkerProcess(slot, { EDGE_ADDR: formatAddress(address) }),
        clock: SYSTEM_CLOCK,
        random: Math.random,
        log,
      },
    )
    const metrics = primaryMetrics(pool)
    let isStopping = false
    const ops = stack.use(
      await startOpsServer({
        address: config.ops,
        setting: 'EDGE_OPS_ADDR',
        readiness: () => ({ accepting: pool.accepting > 0 && !isStopping }),
        metrics: {
          scrape: async () => scrapeOf([await metrics.snapshot(), ...(await pool.metrics())]),
        },
      }),
    )
    stack.defer(async () => {
      isStopping = true
      await pool.stop()
    })
    stack.use(onHangUp(() => void pool.replaceAll()))
    await Promise.race([pool.start(), rejectOnAbort(deps.signal)])
    const ports = { http: address.port, ops: ops.port }
    await recordPorts(config.dataDir, 'edge', ports, log)
    log.info({ ports, workers: config.workers }, 'started')
    return { ports }
  })
}

function primaryMetrics(pool: WorkerPool): Metrics {
  const metrics = new Metrics()
  metrics.collectProcessMetrics({ worker: 'primary' })
  metrics.gauge('edge_workers', 'Processes that accept requests', [], (gauge) =>
    gauge.set(pool.accepting),
  )
  metrics.countedTotal(
    'edge_worker_restarts_total',
    'Workers started again because they ended by themselves',
    () => pool.restarts,
  )
  return metrics
}

// Why chosen here: workers that come later have to listen where the first ones did.
async function withPort(address: Address): Promise<Address> {
  if (address.port !== 0) return address
  const server = createServer()
  const port = await listen(server, address, 'EDGE_ADDR')
  const closed = once(server, 'close')
  server.close()
  await closed
  return { ...address, port }
}

async function rejectOnAbort(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}
