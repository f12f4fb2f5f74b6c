import cluster from 'node:cluster'
import { createLogger } from '@fingerpost/chassis/logger'
import { endAfterConfigCheck, runService } from '@fingerpost/chassis/lifecycle'
import { readEdgeConfig } from './config.ts'
import { DRAIN_LIMITS } from './limits.ts'
import { describeRedis } from './lookup/redis-config.ts'
import { startEdge } from './start.ts'
import { POOL_LIMITS, STOP_MS_MAX, WORKER_STOP_MS_MAX } from './workers/pool-limits.ts'
import { startPrimary } from './workers/primary.ts'
import { startWorker } from './workers/worker.ts'
import { WORKER_SLOT } from './workers/worker-process.ts'

let log = createLogger('edge', 'info')

await runService(
  (signal) => {
    const config = readEdgeConfig(process.env)
    endAfterConfigCheck()
    log = createLogger('edge', config.logLevel)
    if (cluster.worker !== undefined) {
      const slot = process.env[WORKER_SLOT] ?? ''
      log = log.child({ worker: slot })
      return startWorker(config, log, { drainLimits: DRAIN_LIMITS, worker: cluster.worker, slot })
    }
    const { coreToken, redis, ...shown } = config
    const secrets = {
      coreToken: coreToken === undefined ? 'file' : 'set',
      redis: describeRedis(redis),
    }
    log.info({ config: { ...shown, ...secrets } }, 'configured')
    return config.workers === 1
      ? startEdge(config, log, { drainLimits: DRAIN_LIMITS })
      : startPrimary(config, log, { limits: POOL_LIMITS, signal })
  },
  {
    log: () => log,
    stopMsMax: cluster.isWorker ? WORKER_STOP_MS_MAX : STOP_MS_MAX,
  },
)
