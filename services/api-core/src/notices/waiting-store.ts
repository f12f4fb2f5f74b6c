import { sql, type RawBuilder } from 'kysely'
import { newId } from '../database/ids.ts'
import type { DeliveryRow, NoticeReceiverRow } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'

/**
 * Most deliveries that wait for one receiver: as many as a workspace can have domains, so that
 * one fault of all of them fits. Transactions that run at once may each add one more.
 */
export const DELIVERIES_WAITING_MAX = 10_000

/** Why a notice was not put into the queue of a receiver. */
const QUEUE_FULL = `Not sent: ${DELIVERIES_WAITING_MAX} notices waited for this receiver already.`

/** Of which notice and to whom a delivery is. */
export type DeliveryKey = {
  readonly noticeId: string
  readonly workspaceId: string
  readonly receiverId: string
}

/** Makes the row of a notice on its way to a receiver, due at once. */
export function newDelivery(of: DeliveryKey, { now }: Pick<Writing, 'now'>): DeliveryRow {
  return {
    id: newId('dlv'),
    workspace_id: of.workspaceId,
    notice_id: of.noticeId,
    receiver_id: of.receiverId,
    status: 'waiting',
    attempts: 0,
    next_attempt_at: now,
    http_status: null,
    error: null,
    lease: null,
    created_at: now,
    ended_at: null,
  }
}

/** Makes the row of a notice that found the queue of a receiver full: it is kept, and not sent. */
export function unqueuedDelivery(of: DeliveryKey, writing: Pick<Writing, 'now'>): DeliveryRow {
  const over = { next_attempt_at: null, ended_at: writing.now } as const
  return { ...newDelivery(of, writing), status: 'given_up', error: QUEUE_FULL, ...over }
}

/**
 * Whether as many deliveries as can be wait for a receiver; for a query over `notice_receivers`.
 * It steps through the index of what waits and no further than the maximum, which takes a
 * millisecond when the queue is full. Why no count that is kept: everybody who tells a workspace
 * something would wait for the row that holds it.
 */
export function isQueueFull(): RawBuilder<boolean | 0 | 1> {
  return sql`exists (select 1 from deliveries
    where deliveries.receiver_id = notice_receivers.id and next_attempt_at is not null
    limit 1 offset ${sql.lit(DELIVERIES_WAITING_MAX - 1)})`
}

/**
 * Gives up what waits for a receiver. What is under way to it goes on, and is not tried again:
 * it ends as it ends, and takes its place among what runs at once until then.
 */
export async function giveUpWaiting(
  receiver: Pick<NoticeReceiverRow, 'id' | 'workspace_id'>,
  error: string,
  { trx, now }: Writing,
): Promise<void> {
  await trx
    .updateTable('deliveries')
    .set({ status: 'given_up', next_attempt_at: null, lease: null, error, ended_at: now })
    .where('workspace_id', '=', receiver.workspace_id)
    .where('receiver_id', '=', receiver.id)
    .where('status', '=', 'waiting')
    .where((eb) => eb.or([eb('lease', 'is', null), eb('next_attempt_at', '<=', now)]))
    .execute()
}
