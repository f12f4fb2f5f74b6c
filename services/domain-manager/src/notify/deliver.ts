import { backoffMs } from '@fingerpost/chassis/backoff'
import type { Clock } from '@fingerpost/chassis/clock'
import type { CoreApi, Delivery, DeliveryRecord } from '@fingerpost/contract/core-api'
import { nextDeliveryAt } from '../rules/delivery-backoff.ts'
import type { DeliveryAttempt } from '../rules/webhook-answer.ts'
import type { Mailer } from './send-mail.ts'
import { sendWebhook, type SendWebhookDeps } from './send-webhook.ts'

/** How a delivery ended this time. */
export type DeliveryOutcome = 'delivered' | 'retried' | 'given_up' | 'not_recorded'

/** What delivering needs. */
export type DeliverDeps = {
  readonly core: Pick<CoreApi, 'recordDelivery'>
  readonly webhooks: SendWebhookDeps
  readonly mailer: Mailer
  readonly clock: Clock
  readonly random: () => number
}

/**
 * How often core is told how an attempt went; then it is left to its lease. Why about as long as
 * that: a restart of core must not have a mail sent twice.
 */
export const RECORDS_MAX = 25

const RECORD_BACKOFF = { firstMs: 500, factor: 2, maxMs: 5_000 }

/**
 * Makes one attempt to deliver and tells core how it went. When core cannot be
 * told, the lease runs out and the notice is sent again: at least once, never
 * lost.
 *
 * @param signal when it aborts, nothing is told of an attempt that it ended
 */
export async function deliver(
  delivery: Delivery,
  signal: AbortSignal,
  deps: DeliverDeps,
): Promise<DeliveryOutcome> {
  const attempt = await send(delivery, signal, deps)
  if (signal.aborted && attempt.kind === 'failed') return 'not_recorded'
  const record = recordOf(delivery, attempt, deps)
  if (!(await tell(record, signal, deps))) return 'not_recorded'
  if (record.isDelivered) return 'delivered'
  return record.nextAttemptAt === undefined ? 'given_up' : 'retried'
}

function send(
  delivery: Delivery,
  signal: AbortSignal,
  deps: DeliverDeps,
): Promise<DeliveryAttempt> {
  const { to } = delivery
  switch (to.kind) {
    case 'webhook':
      return sendWebhook(delivery, to, signal, deps.webhooks)
    case 'mail':
      return deps.mailer.send(delivery, to.address)
    default:
      return to satisfies never
  }
}

function recordOf(delivery: Delivery, attempt: DeliveryAttempt, deps: DeliverDeps): DeliveryRecord {
  const { id: deliveryId, lease, createdAt } = delivery
  const ids = { deliveryId, lease, httpStatus: attempt.httpStatus }
  if (attempt.kind === 'delivered') {
    const over = { nextAttemptAt: undefined, disablesEndpoint: false }
    return { ...ids, isDelivered: true, error: '', ...over }
  }
  const { error, retryAfterMs, isFinal } = attempt
  const attempts = delivery.attempts + 1
  const failure = { createdAt, attempts, failedAt: deps.clock.now(), retryAfterMs }
  const nextAttemptAt = isFinal ? undefined : nextDeliveryAt(failure, deps.random())
  const disablesEndpoint = delivery.to.kind === 'webhook' && nextAttemptAt === undefined
  return { ...ids, isDelivered: false, error, nextAttemptAt, disablesEndpoint }
}

async function tell(
  record: DeliveryRecord,
  signal: AbortSignal,
  { core, clock, random }: DeliverDeps,
): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    try {
      await core.recordDelivery(record)
      return true
    } catch {
      // Why silent: the loop that claims says that core is away; here it is only tried again.
      if (tries === RECORDS_MAX || signal.aborted) return false
    }
    await clock.sleep(backoffMs(tries, RECORD_BACKOFF, random()), signal)
  }
}
