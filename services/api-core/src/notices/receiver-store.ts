import { randomBytes } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import { AppError } from '@fingerpost/model/errors'
import { NOTICE_EVENTS, type NoticeEvent } from '@fingerpost/model/notice'
import type { EpochMs } from '@fingerpost/model/time'
import { isId, newId } from '../database/ids.ts'
import type { NoticeReceiverRow, Tables } from '../database/tables.ts'
import { inTransaction, type WriteDeps, type Writing } from '../database/transaction.ts'
import { pageOf, type Page, type PageRequest } from '../http/paging.ts'
import { giveUpWaiting, isQueueFull } from './waiting-store.ts'

/** Most webhook endpoints and mail addresses of one workspace together. */
export const RECEIVERS_MAX = 20

/** Who gets a workspace's notices, without the secret. */
export type Receiver = {
  readonly id: string
  /** The endpoint's URL, or the mail address. */
  readonly address: string
  /** What it gets; an empty list: everything. */
  readonly events: readonly NoticeEvent[]
  readonly isEnabled: boolean
  /** Undefined: it is enabled, or its owner disabled it. */
  readonly disabledReason: string | undefined
  readonly createdAt: EpochMs
}

/** What kind of receiver. */
export type ReceiverKind = Exclude<NoticeReceiverRow['kind'], 'deleted'>

/** Which receiver of which workspace. */
export type ReceiverKey = {
  readonly workspaceId: string
  readonly kind: ReceiverKind
  readonly id: string
}

const SECRET_BYTES = 32

/**
 * Adds an endpoint. Its secret is given once, here.
 *
 * @throws {AppError} `limit_reached`
 * @see standardwebhooks.com, "Signature scheme": the form of the secret
 */
export async function createWebhook(
  workspaceId: string,
  input: { readonly url: string; readonly events: readonly NoticeEvent[] },
  writing: Writing,
): Promise<{ readonly webhook: Receiver; readonly secret: string }> {
  const secret = newSecret()
  const { url: address, events } = input
  const webhook = await add(workspaceId, { kind: 'webhook', address, secret, events }, writing)
  return { webhook, secret }
}

/**
 * Adds a mail address.
 *
 * @throws {AppError} `limit_reached`, `recipient_taken`
 */
export async function createRecipient(
  workspaceId: string,
  address: string,
  writing: Writing,
): Promise<Receiver> {
  const others = await writing.trx
    .selectFrom('notice_receivers')
    .select('address')
    .where('workspace_id', '=', workspaceId)
    .where('kind', '=', 'mail')
    .execute()
  if (others.some((other) => other.address.toLowerCase() === address.toLowerCase())) {
    throw new AppError('recipient_taken', `"${address}" gets the notices already.`)
  }
  return add(workspaceId, { kind: 'mail', address, secret: null, events: [] }, writing)
}

async function add(
  workspaceId: string,
  receiver: Pick<NoticeReceiverRow, 'address' | 'secret'> & {
    readonly kind: ReceiverKind
    readonly events: readonly NoticeEvent[]
  },
  { trx, now }: Writing,
): Promise<Receiver> {
  const { kind, address, secret, events } = receiver
  const counted = await trx
    .selectFrom('notice_receivers')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('workspace_id', '=', workspaceId)
    .where('kind', '!=', 'deleted')
    .executeTakeFirstOrThrow()
  if (Number(counted.count) >= RECEIVERS_MAX) {
    const what = 'webhooks and notice recipients together'
    throw new AppError(
      'limit_reached',
      `The workspace has ${RECEIVERS_MAX} ${what}, the most there can be.`,
      { facts: { limit: RECEIVERS_MAX } },
    )
  }
  const row: NoticeReceiverRow = {
    id: newId(kind === 'webhook' ? 'whk' : 'rcp'),
    workspace_id: workspaceId,
    kind,
    address,
    secret,
    events_json: JSON.stringify(events),
    is_enabled: 1,
    disabled_reason: null,
    created_at: now,
  }
  await trx.insertInto('notice_receivers').values(row).execute()
  return toReceiver(row)
}

/** Lists a workspace's receivers of one kind, the newest first. */
export async function listReceivers(
  workspaceId: string,
  kind: ReceiverKind,
  page: PageRequest,
  db: Kysely<Tables>,
): Promise<Page<Receiver>> {
  let query = db
    .selectFrom('notice_receivers')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('kind', '=', kind)
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  if (page.before !== undefined) query = query.where('id', '<', page.before)
  return pageOf((await query.execute()).map(toReceiver), page.limit)
}

/**
 * Reads a receiver.
 *
 * @throws {AppError} `webhook_not_found`, `recipient_not_found`
 */
export async function getReceiver(key: ReceiverKey, db: Kysely<Tables>): Promise<Receiver> {
  const row = hasForm(key)
    ? await db
        .selectFrom('notice_receivers')
        .selectAll()
        .where('workspace_id', '=', key.workspaceId)
        .where('kind', '=', key.kind)
        .where('id', '=', key.id)
        .executeTakeFirst()
    : undefined
  if (row === undefined) throw notFound(key.kind)
  return toReceiver(row)
}

/** What of an endpoint can be changed; absent: stays as it is. */
export type WebhookChange = {
  readonly url?: string | undefined
  readonly events?: readonly NoticeEvent[] | undefined
  readonly isEnabled?: boolean | undefined
}

/**
 * Changes an endpoint. Disabling it gives up what waits for it.
 *
 * @throws {AppError} `webhook_not_found`
 */
export async function changeWebhook(
  key: ReceiverKey,
  change: WebhookChange,
  writing: Writing,
): Promise<Receiver> {
  if (!hasForm(key)) throw notFound(key.kind)
  await lockReceiver({ id: key.id, workspace_id: key.workspaceId }, writing)
  const before = await getReceiver(key, writing.trx)
  const { url = before.address, events = before.events, isEnabled = before.isEnabled } = change
  const isNews = isEnabled !== before.isEnabled
  const row = await writing.trx
    .updateTable('notice_receivers')
    .set({
      address: url,
      events_json: JSON.stringify(events),
      is_enabled: isEnabled ? 1 : 0,
      ...(isNews && { disabled_reason: null }),
    })
    .where('workspace_id', '=', key.workspaceId)
    .where('id', '=', key.id)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw notFound(key.kind)
  if (isNews && !isEnabled) await giveUpWaiting(row, 'Its owner disabled the endpoint.', writing)
  return toReceiver(row)
}

/**
 * Gives an endpoint another secret; the one before signs nothing any more.
 *
 * @throws {AppError} `webhook_not_found`
 */
export async function rotateSecret(
  key: ReceiverKey,
  { trx }: Writing,
): Promise<{ readonly webhook: Receiver; readonly secret: string }> {
  await getReceiver(key, trx)
  const secret = newSecret()
  const row = await trx
    .updateTable('notice_receivers')
    .set({ secret })
    .where('workspace_id', '=', key.workspaceId)
    .where('id', '=', key.id)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw notFound(key.kind)
  return { webhook: toReceiver(row), secret }
}

/**
 * Deletes a receiver. It is gone for everybody at once, and only marked: it may have
 * more deliveries than one transaction can delete in time.
 *
 * @throws {AppError} `webhook_not_found`, `recipient_not_found`
 */
export async function deleteReceiver(key: ReceiverKey, { trx }: Writing): Promise<void> {
  if (!hasForm(key)) throw notFound(key.kind)
  const deleted = await trx
    .updateTable('notice_receivers')
    .set({ kind: 'deleted', is_enabled: 0, address: '', secret: null })
    .where('workspace_id', '=', key.workspaceId)
    .where('kind', '=', key.kind)
    .where('id', '=', key.id)
    .returning('id')
    .executeTakeFirst()
  if (deleted === undefined) throw notFound(key.kind)
}

/** Most deliveries of a deleted receiver in one transaction. */
export const DELETED_DELIVERIES_BATCH = 500

/**
 * Deletes some of the deliveries of deleted receivers, then these; tells whether more may be.
 * What is under way has to end before: it counts among what runs at once.
 */
export function deleteSomeReceivers(deps: WriteDeps): Promise<boolean> {
  return inTransaction(async ({ trx, engine, now }) => {
    const deleted = trx
      .selectFrom('notice_receivers')
      .select(['id', 'workspace_id'])
      .where(sql<boolean>`kind = 'deleted'`)
      .where(
        sql<boolean>`not exists (select 1 from deliveries
          where deliveries.receiver_id = notice_receivers.id and lease is not null
            and +next_attempt_at > ${now})`,
      )
      .limit(1)
    // Why skipped: another instance is at that one; together they would only wait.
    const query = engine === 'postgres' ? deleted.forUpdate().skipLocked() : deleted
    const receiver = await query.executeTakeFirst()
    if (receiver === undefined) return false
    const batch = trx
      .selectFrom('deliveries')
      .select('id')
      .where('workspace_id', '=', receiver.workspace_id)
      .where('receiver_id', '=', receiver.id)
      .limit(DELETED_DELIVERIES_BATCH)
    const gone = await trx.deleteFrom('deliveries').where('id', 'in', batch).executeTakeFirst()
    if (Number(gone.numDeletedRows) === DELETED_DELIVERIES_BATCH) return true
    await trx.deleteFrom('notice_receivers').where('id', '=', receiver.id).execute()
    return true
  }, deps)
}

/** A receiver that gets a notice. */
export type WantingReceiver = {
  readonly id: string
  readonly kind: ReceiverKind
  /** Whether nothing more can wait for it. */
  readonly isFull: boolean
}

/**
 * Reads a workspace's receivers that get notices of an event. None of them can be
 * deleted until the transaction has added its deliveries.
 */
export async function lockWanting(
  event: NoticeEvent,
  workspaceId: string,
  { trx, engine }: Writing,
): Promise<readonly WantingReceiver[]> {
  const query = trx
    .selectFrom('notice_receivers')
    .select(['id', 'kind', 'events_json', isQueueFull().as('is_full')])
    .where('workspace_id', '=', workspaceId)
    .where('is_enabled', '=', 1)
    .orderBy('id')
    .limit(RECEIVERS_MAX)
  const rows = await (engine === 'postgres' ? query.forKeyShare() : query).execute()
  return rows.flatMap(({ id, kind, events_json: json, is_full: isFull }) => {
    const events = parseEvents(json)
    const isWanted = events.length === 0 || events.includes(event)
    return isWanted && kind !== 'deleted' ? [{ id, kind, isFull: Boolean(isFull) }] : []
  })
}

/** Tells whether nothing more can wait for a receiver that is there. */
export async function isReceiverFull(key: ReceiverKey, db: Kysely<Tables>): Promise<boolean> {
  const row = await db
    .selectFrom('notice_receivers')
    .select(isQueueFull().as('is_full'))
    .where('workspace_id', '=', key.workspaceId)
    .where('id', '=', key.id)
    .executeTakeFirst()
  return Boolean(row?.is_full)
}

/**
 * Lets one transaction at a time change a receiver. Why no key: whoever tells the
 * workspace something must not wait for it.
 */
export async function lockReceiver(
  receiver: Pick<NoticeReceiverRow, 'id' | 'workspace_id'>,
  { trx, engine }: Writing,
): Promise<void> {
  if (engine === 'sqlite') return
  await trx
    .selectFrom('notice_receivers')
    .select('id')
    .where('workspace_id', '=', receiver.workspace_id)
    .where('id', '=', receiver.id)
    .forNoKeyUpdate()
    .execute()
}

function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
}

function hasForm({ kind, id }: ReceiverKey): boolean {
  return isId(id, kind === 'webhook' ? 'whk' : 'rcp')
}

function notFound(kind: ReceiverKind): AppError {
  return kind === 'webhook'
    ? new AppError('webhook_not_found', 'The workspace has no webhook with this id.')
    : new AppError('recipient_not_found', 'The workspace has no notice recipient with this id.')
}

function toReceiver(row: Omit<NoticeReceiverRow, 'secret'>): Receiver {
  return {
    id: row.id,
    address: row.address,
    events: parseEvents(row.events_json),
    isEnabled: row.is_enabled === 1,
    disabledReason: row.disabled_reason ?? undefined,
    createdAt: row.created_at,
  }
}

function parseEvents(json: string): readonly NoticeEvent[] {
  const words = JSON.parse(json) as readonly string[]
  return NOTICE_EVENTS.filter((event) => words.includes(event))
}
