import type { NoticeEvent } from '@fingerpost/model/notice'
import type { EpochMs } from '@fingerpost/model/time'
import { newId } from '../database/ids.ts'
import type { Writing } from '../database/transaction.ts'
import { lockWanting } from './receiver-store.ts'
import { newDelivery, unqueuedDelivery } from './waiting-store.ts'

/** Something that a workspace is to be told. */
export type NewNotice = {
  readonly workspaceId: string
  /** Undefined: it is about no domain. */
  readonly domain: { readonly id: string; readonly hostname: string } | undefined
  readonly event: NoticeEvent
  /** Names what it is about within the workspace; the same fact is told once. */
  readonly fact: string
  /** A sentence for people. */
  readonly message: string
  /** What else a program may want to know, in `snake_case`. */
  readonly details: Readonly<Record<string, string | number | null>>
}

/**
 * Adds a notice, and a delivery for each receiver that wants it, unless the fact was told.
 * A receiver for which too much waits already gets none; that is written down and counted.
 *
 * @see standardwebhooks.com, "Payload structure"
 */
export async function addNotice(notice: NewNotice, writing: Writing): Promise<void> {
  const { trx, now } = writing
  const added = await trx
    .insertInto('notices')
    .values({
      id: newId('ntc'),
      workspace_id: notice.workspaceId,
      domain_id: notice.domain?.id ?? null,
      event: notice.event,
      fact: notice.fact,
      payload_json: formatPayload(notice, now),
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'fact']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (added === undefined) return
  const receivers = await lockWanting(notice.event, notice.workspaceId, writing)
  if (receivers.length === 0) return
  const rows = receivers.map(({ id: receiverId, isFull }) => {
    const key = { noticeId: added.id, workspaceId: notice.workspaceId, receiverId }
    return isFull ? unqueuedDelivery(key, writing) : newDelivery(key, writing)
  })
  await trx.insertInto('deliveries').values(rows).execute()
  for (const { kind, isFull } of receivers) if (isFull) writing.countUnqueued(kind)
}

function formatPayload(notice: NewNotice, now: EpochMs): string {
  const { workspaceId, domain, event, message, details } = notice
  return JSON.stringify({
    type: event,
    timestamp: new Date(now).toISOString(),
    data: {
      workspace_id: workspaceId,
      domain: domain === undefined ? null : { id: domain.id, hostname: domain.hostname },
      message,
      ...details,
    },
  })
}
