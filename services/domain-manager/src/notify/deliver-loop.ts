import type { Clock } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import { repeat } from '@fingerpost/chassis/repeat'
import type { CoreApi, Delivery } from '@fingerpost/contract/core-api'
import type { DurationMs } from '@fingerpost/model/time'
import { OutageLog } from '../outage-log.ts'
import type { DeliveryOutcome } from './deliver.ts'

/** Most deliveries that run at once. */
export const DELIVERIES_RUNNING_MAX = 64

/** How long nobody else makes a claimed delivery: well above the longest attempt. */
export const DELIVERY_LEASE_MS: DurationMs = 120_000

const CLAIM_BACKOFF = { firstMs: 500, factor: 2, maxMs: 10_000 }

/** Who claims, and how often. */
export type DeliverLoopOptions = {
  /** Names this process. */
  readonly workerId: string
  /** The pause before core is asked again when nothing was due. */
  readonly claimPauseMs: DurationMs
  readonly signal: AbortSignal
}

/** What the loop needs. */
export type DeliverLoopDeps = {
  readonly core: Pick<CoreApi, 'claimDeliveries'>
  /** Makes one attempt. */
  readonly deliver: (delivery: Delivery) => Promise<DeliveryOutcome>
  readonly onDelivered: (delivery: Delivery, outcome: DeliveryOutcome) => void
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/**
 * Claims deliveries that are due and makes them, until the signal aborts; then
 * waits for those that run. Several loops share the work by core's leases.
 */
export async function runDeliverLoop(
  options: DeliverLoopOptions,
  deps: DeliverLoopDeps,
): Promise<void> {
  const { workerId, claimPauseMs, signal } = options
  const outage = new OutageLog(deps.log, 'claiming deliveries of notices', deps.clock)
  const running = new Set<Promise<void>>()
  const start = (delivery: Delivery): void => {
    const attempt = runOne(delivery, deps).finally(() => running.delete(attempt))
    running.add(attempt)
  }
  const claim = async (): Promise<DurationMs> => {
    if (running.size >= DELIVERIES_RUNNING_MAX) await Promise.race(running)
    const limit = DELIVERIES_RUNNING_MAX - running.size
    const claimed = await deps.core.claimDeliveries({
      workerId,
      limit,
      leaseMs: DELIVERY_LEASE_MS,
    })
    outage.succeeded()
    // Why: who stops sends nothing more; what was claimed is due again after its lease.
    if (signal.aborted) return 0
    for (const delivery of claimed) start(delivery)
    // Why at once: a claim gives one delivery of each receiver, and there may be more of them.
    return claimed.length > 0 ? 0 : claimPauseMs
  }
  const onError = (error: unknown): void => outage.failed(error)
  const pauses = { pauseMs: claimPauseMs, backoff: CLAIM_BACKOFF, signal }
  await repeat(claim, pauses, { clock: deps.clock, random: deps.random, onError })
  await Promise.all(running)
}

async function runOne(delivery: Delivery, deps: DeliverLoopDeps): Promise<void> {
  try {
    deps.onDelivered(delivery, await deps.deliver(delivery))
  } catch (error) {
    deps.onDelivered(delivery, 'not_recorded')
    const facts = { delivery_id: delivery.id, notice_id: delivery.noticeId }
    deps.log.error({ ...facts, error }, 'delivery failed unexpectedly; it is due again')
  }
}
