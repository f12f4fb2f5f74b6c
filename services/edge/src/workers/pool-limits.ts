import type { DurationMs } from '@fingerpost/model/time'
import type { PoolLimits } from './worker-pool.ts'

/** The longest that a stop of the whole edge may last. */
export const STOP_MS_MAX: DurationMs = 8_000

/** The longest that a worker may need to end by itself. */
export const WORKER_STOP_MS_MAX: DurationMs = 7_000

/** How the primary keeps its workers; their number is a setting. */
export const POOL_LIMITS: Omit<PoolLimits, 'workers'> = {
  backoff: { firstMs: 100, factor: 2, maxMs: 5_000 },
  steadyMs: 10_000,
  acceptMsMax: 15_000,
  // Why between the two above: a worker that cannot end by itself is killed while there is time.
  endMsMax: 7_500,
  metricsMsMax: 1_000,
  saveMsMax: 2_000,
}
