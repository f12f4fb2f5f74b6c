import { acquire } from '@fingerpost/chassis/disposables'
import type { Logger } from '@fingerpost/chassis/logger'
import { Metrics } from '@fingerpost/chassis/metrics'
import { startOpsServer } from '@fingerpost/chassis/ops-server'
import { recordPorts } from '@fingerpost/chassis/run-files'
import type { DomainManagerConfig } from '../config.ts'
import { connectToCore } from '../connect-core.ts'
import { startAsk, type RunningAsk } from './start-ask.ts'

/** The running process, with the real ports of its listeners. */
export type RunningAskProcess = AsyncDisposable & {
  readonly ports: RunningAsk['ports'] & { readonly ops: number }
}

/**
 * Starts what Caddy talks to as a process of its own: no DNS, no checks, nothing
 * that could keep an ask waiting.
 */
export function startAskProcess(
  config: DomainManagerConfig,
  log: Logger,
): Promise<RunningAskProcess> {
  return acquire(async (stack) => {
    const registry = new Metrics()
    registry.collectProcessMetrics()
    const ask = await startAsk(config, stack, { registry, log })
    const ops = stack.use(
      await startOpsServer({
        address: config.askOpsAddress,
        setting: 'DOMAINS_ASK_OPS_ADDR',
        readiness: () => ({ ask: ask.isReady() }),
        metrics: registry,
      }),
    )
    const ports = { ...ask.ports, ops: ops.port }
    await recordPorts(config.dataDir, 'ask', ports, log)
    log.info({ ports }, 'started')
    ask.follow(await connectToCore(config, stack))
    return { ports }
  })
}
