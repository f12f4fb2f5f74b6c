import type { Worker } from 'node:cluster'
import { acquire } from '@fingerpost/chassis/disposables'
import { onHangUp } from '@fingerpost/chassis/lifecycle'
import type { Logger } from '@fingerpost/chassis/logger'
import type { EdgeConfig } from '../config.ts'
import type { DrainLimits } from '../drain.ts'
import { EdgeMetrics } from '../metrics.ts'
import { serveVisitors, type ServedVisitors } from '../start.ts'
import { PrimaryLink } from './primary-link.ts'

/** Serves visitors as one of several processes. Operators look at the primary. */
export function startWorker(
  config: EdgeConfig,
  log: Logger,
  deps: {
    readonly drainLimits: DrainLimits
    readonly worker: Worker
    /** Tells this worker from the others that run now; its successor has the same. */
    readonly slot: string
  },
): Promise<Pick<ServedVisitors, 'port'> & AsyncDisposable> {
  return acquire(async (stack) => {
    const metrics = new EdgeMetrics()
    metrics.all.collectProcessMetrics({ worker: deps.slot })
    const primary = stack.use(new PrimaryLink(deps.worker, { metrics: metrics.all, log }))
    // Why nothing is done: the signal may have gone to all processes; the primary acts on it.
    stack.use(onHangUp(() => undefined))
    const visitors = stack.use(
      await serveVisitors(config, log, {
        drainLimits: deps.drainLimits,
        metrics,
        isLead: () => primary.isLead,
        onAccepting: (isAccepting) => void primary.tell({ kind: 'accepting', isAccepting }),
      }),
    )
    primary.onSave(visitors.save)
    log.info({ port: visitors.port, pid: process.pid }, 'worker started')
    return { port: visitors.port }
  })
}
