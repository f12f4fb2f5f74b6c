import type { Logger } from '@fingerpost/chassis/logger'
import type { ShedReason } from '../rules/load.ts'
import { LoadMonitor, type LoadMonitorLimits } from './load-monitor.ts'
import { usedMemoryShare } from './process-memory.ts'

/**
 * Watches this process until `stack` is disposed, and makes the lookup leave the
 * tiers below alone, and L1 give memory back, while that is needed.
 *
 * @param options.processCount how many processes share the memory that is granted
 * @param options.reliefPart how much of L1 is given back at a time
 */
export function startLoad(
  options: {
    readonly limits: LoadMonitorLimits
    readonly processCount: number
    readonly reliefPart: number
  },
  deps: {
    readonly lookup: { shed(reason: ShedReason | undefined): void; shrink(part: number): void }
    readonly prepared: { clear(): void }
    readonly uptimeMs: () => number
    readonly log: Logger
  },
  stack: AsyncDisposableStack,
): void {
  const { lookup, prepared, uptimeMs, log } = deps
  const monitor = new LoadMonitor(options.limits, {
    uptimeMs,
    memoryShare: () => usedMemoryShare(options.processCount),
    onMemoryShort() {
      lookup.shrink(options.reliefPart)
      prepared.clear()
    },
    onChange(reason) {
      lookup.shed(reason)
      if (reason === undefined) log.info('overload is over')
      else log.warn({ reason }, 'overloaded, so lookups below L1 are refused')
    },
  })
  stack.use(monitor.start())
}
