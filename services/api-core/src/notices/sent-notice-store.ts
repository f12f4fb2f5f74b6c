import type { Kysely } from 'kysely'
import { AppError } from '@fingerpost/model/errors'
import { NOTICE_EVENTS } from '@fingerpost/model/notice'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import { isId } from '../database/ids.ts'
import type { DeliveryRow, NoticeReceiverRow, NoticeRow, Tables } from '../database/tables.ts'
import { inTransaction, type WriteDeps, type Writing } from '../database/transaction.ts'
import { pageOf, type Page, type PageRequest } from '../http/paging.ts'
import {
  getReceiver,
  isReceiverFull,
  lockWanting,
  type ReceiverKind,
  type WantingReceiver,
} from './receiver-store.ts'
import { DELIVERIES_WAITING_MAX, newDelivery } from './waiting-store.ts'

/** How long a notice is kept with its deliveries. */
export const NOTICES_KEPT_MS: DurationMs = 90 * 86_400_000
/** Most notices that one transaction deletes. */
export const NOTICES_BATCH = 200

/** How a notice fares on its way to one receiver. */
export type SentDelivery = {
  readonly receiverId: string
  readonly kind: ReceiverKind
  readonly status: DeliveryRow['status']
  readonly attempts: number
  readonly nextAttemptAt: EpochMs | undefined
  readonly httpStatus: number | undefined
  readonly error: string | undefined
  readonly endedAt: EpochMs | undefined
}

/** A notice with its deliveries. */
export type SentNotice = {
  readonly id: string
  readonly event: string
  /** JSON, exactly as it is signed and sent. */
  readonly payload: string
  readonly createdAt: EpochMs
  readonly deliveries: readonly SentDelivery[]
}

/** Lists a workspace's notices, the newest first. */
export async function listNotices(
  workspaceId: string,
  page: PageRequest,
  db: Kysely<Tables>,
): Promise<Page<SentNotice>> {
  let query = db
    .selectFrom('notices')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  if (page.before !== undefined) query = query.where('id', '<', page.before)
  const rows = pageOf(await query.execute(), page.limit)
  return { ...rows, items: await withDeliveries(rows.items, db) }
}

/**
 * Reads a notice.
 *
 * @throws {AppError} `notice_not_found`
 */
export async function getNotice(
  workspaceId: string,
  id: string,
  db: Kysely<Tables>,
): Promise<SentNotice> {
  const row = await findNotice(workspaceId, id, db)
  const [notice] = row === undefined ? [] : await withDeliveries([row], db)
  if (notice === undefined) throw notFound()
  return notice
}

/**
 * Delivers a notice again: to one webhook, or to all that want its event. What
 * waits is tried at once, what is under way stays so. Mail is sent once and never again.
 *
 * @throws {AppError} `notice_not_found`, `webhook_not_found`, `webhook_disabled`,
 *   `limit_reached` when nothing more can wait for any of them
 */
export async function replayNotice(
  workspaceId: string,
  which: { readonly id: string; readonly webhookId: string | undefined },
  writing: Writing,
): Promise<SentNotice> {
  const { trx } = writing
  const notice = await findNotice(workspaceId, which.id, trx)
  if (notice === undefined) throw notFound()
  const webhooks =
    which.webhookId === undefined
      ? await wantingWebhooks(notice, writing)
      : [await enabledWebhook(workspaceId, which.webhookId, trx)]
  const receiverIds = await withRoom(webhooks, notice, trx)
  if (receiverIds.length > 0) await queueAgain(notice, receiverIds, writing)
  return getNotice(workspaceId, notice.id, trx)
}

/** Leaves out those for which nothing more can wait, unless the notice waits for them already. */
async function withRoom(
  webhooks: readonly WantingWebhook[],
  notice: NoticeRow,
  db: Kysely<Tables>,
): Promise<readonly string[]> {
  if (!webhooks.some(({ isFull }) => isFull)) return webhooks.map(({ id }) => id)
  const rows = await db
    .selectFrom('deliveries')
    .select('receiver_id')
    .where('notice_id', '=', notice.id)
    .where('status', '=', 'waiting')
    .execute()
  const waiting = new Set(rows.map((row) => row.receiver_id))
  const ids = webhooks.filter(({ id, isFull }) => !isFull || waiting.has(id)).map(({ id }) => id)
  if (ids.length > 0) return ids
  throw new AppError(
    'limit_reached',
    `${DELIVERIES_WAITING_MAX} notices wait for the webhook already, the most there can be; ` +
      'replay this one when it has taken some of them.',
    { facts: { limit: DELIVERIES_WAITING_MAX } },
  )
}

async function queueAgain(
  notice: NoticeRow,
  receiverIds: readonly string[],
  writing: Writing,
): Promise<void> {
  const { trx, now } = writing
  const { id: noticeId, workspace_id: workspaceId } = notice
  const rows = receiverIds.map((receiverId) =>
    newDelivery({ noticeId, workspaceId, receiverId }, writing),
  )
  await trx
    .insertInto('deliveries')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['notice_id', 'receiver_id'])
        .doUpdateSet({
          status: 'waiting',
          attempts: 0,
          next_attempt_at: now,
          http_status: null,
          error: null,
          lease: null,
          created_at: now,
          ended_at: null,
        })
        // Why not what is under way: it would not count any more among what runs at once.
        .where((eb) =>
          eb.or([eb('deliveries.lease', 'is', null), eb('deliveries.next_attempt_at', '<=', now)]),
        ),
    )
    .execute()
}

/** Deletes some notices that are too old, with their deliveries; tells whether more may be. */
export async function deleteSomeNotices(deps: WriteDeps): Promise<boolean> {
  return inTransaction(async ({ trx, engine, now }) => {
    const old = trx
      .selectFrom('notices')
      .select('id')
      .where('created_at', '<=', now - NOTICES_KEPT_MS)
      .orderBy('created_at')
      .limit(NOTICES_BATCH)
    // Why skipped: another instance is at those; together they would only wait.
    const rows = await (engine === 'postgres' ? old.forUpdate().skipLocked() : old).execute()
    if (rows.length === 0) return false
    const ids = rows.map(({ id }) => id)
    await trx.deleteFrom('deliveries').where('notice_id', 'in', ids).execute()
    await trx.deleteFrom('notices').where('id', 'in', ids).execute()
    return rows.length === NOTICES_BATCH
  }, deps)
}

async function findNotice(
  workspaceId: string,
  id: string,
  db: Kysely<Tables>,
): Promise<NoticeRow | undefined> {
  if (!isId(id, 'ntc')) return undefined
  return db
    .selectFrom('notices')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst()
}

type WantingWebhook = Pick<WantingReceiver, 'id' | 'isFull'>

async function wantingWebhooks(
  notice: NoticeRow,
  writing: Writing,
): Promise<readonly WantingWebhook[]> {
  const event = NOTICE_EVENTS.find((known) => known === notice.event)
  if (event === undefined) return []
  const receivers = await lockWanting(event, notice.workspace_id, writing)
  return receivers.filter(({ kind }) => kind === 'webhook')
}

async function enabledWebhook(
  workspaceId: string,
  id: string,
  db: Kysely<Tables>,
): Promise<WantingWebhook> {
  const key = { workspaceId, kind: 'webhook', id } as const
  const webhook = await getReceiver(key, db)
  if (webhook.isEnabled) return { id: webhook.id, isFull: await isReceiverFull(key, db) }
  throw new AppError('webhook_disabled', 'The webhook is disabled; enable it first.')
}

async function withDeliveries(
  notices: readonly NoticeRow[],
  db: Kysely<Tables>,
): Promise<readonly SentNotice[]> {
  if (notices.length === 0) return []
  const rows = await db
    .selectFrom('deliveries')
    .innerJoin('notice_receivers', 'notice_receivers.id', 'deliveries.receiver_id')
    .select(['notice_id', 'receiver_id', 'kind', 'status', 'attempts', 'next_attempt_at'])
    .select(['http_status', 'error', 'ended_at'])
    .where(
      'notice_id',
      'in',
      notices.map(({ id }) => id),
    )
    .orderBy('receiver_id')
    .execute()
  const byNotice = Map.groupBy(rows, (row) => row.notice_id)
  return notices.map((notice) => ({
    id: notice.id,
    event: notice.event,
    payload: notice.payload_json,
    createdAt: notice.created_at,
    deliveries: (byNotice.get(notice.id) ?? []).flatMap((row) => toSent(row)),
  }))
}

type SentRow = Pick<
  DeliveryRow,
  'receiver_id' | 'status' | 'attempts' | 'next_attempt_at' | 'http_status' | 'error' | 'ended_at'
> &
  Pick<NoticeReceiverRow, 'kind'>

function toSent({ kind, ...row }: SentRow): SentDelivery[] {
  if (kind === 'deleted') return []
  return [
    {
      receiverId: row.receiver_id,
      kind,
      status: row.status,
      attempts: row.attempts,
      nextAttemptAt: row.next_attempt_at ?? undefined,
      httpStatus: row.http_status ?? undefined,
      error: row.error ?? undefined,
      endedAt: row.ended_at ?? undefined,
    },
  ]
}

function notFound(): AppError {
  return new AppError('notice_not_found', 'The workspace has no notice with this id.')
}
