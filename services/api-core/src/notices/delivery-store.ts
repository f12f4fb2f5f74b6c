import { randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type { ClaimRequest, Delivery, DeliveryRecord } from '@fingerpost/contract/core-api'
import { NOTICE_EVENTS, type NoticeEvent } from '@fingerpost/model/notice'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { DeliveryRow, NoticeReceiverRow, NoticeRow, Tables } from '../database/tables.ts'
import { inTransaction, type WriteDeps, type Writing } from '../database/transaction.ts'
import { noticedDomain } from '../domains/domain-row.ts'
import { decideDisabling } from '../rules/endpoint-disabling.ts'
import { whyMailIsStale } from '../rules/stale-mail.ts'
import { addNotice } from './notice-store.ts'
import { lockReceiver } from './receiver-store.ts'
import { giveUpWaiting } from './waiting-store.ts'

/** Most deliveries to one receiver that are under way at once, so that a slow one delays itself. */
export const RECEIVER_LEASES_MAX = 2

/** The same to all receivers of one workspace, so that its slow ones leave room for others. */
export const WORKSPACE_LEASES_MAX = 8

/** Well above the longest pause; what is due later than that was so by a clock that was ahead. */
export const NEXT_ATTEMPT_MS_MAX: DurationMs = 86_400_000

/**
 * Leases deliveries that are due: of each receiver at most the one that is most
 * overdue, of the workspaces in turn, those first that have the least under way. So
 * neither a long queue nor many slow endpoints of one delay anybody else. The attempt
 * counts from now on, so that one that ends the process is counted, too.
 */
export async function claimDeliveries(
  request: ClaimRequest,
  deps: WriteDeps,
): Promise<readonly Delivery[]> {
  // Why before the transaction: mostly nothing is due, and reading holds up no writer.
  const due = await findDue(request.limit, deps.clock.now(), deps.storage.db)
  if (due.length === 0) return []
  return inTransaction((writing) => lease(due, request, writing), deps)
}

async function findDue(
  limit: number,
  now: EpochMs,
  db: Kysely<Tables>,
): Promise<readonly string[]> {
  const tooLate = now + NEXT_ATTEMPT_MS_MAX
  // Why so: it steps from receiver to receiver in the index, however long the queues are.
  // Why the plus, and grouped by the receiver alone: else SQLite counts the leases by going
  // through all that waits, not through the index of what is leased.
  const { rows } = await sql<{ readonly id: string }>`
    with recursive receivers (id) as (
      select min(receiver_id) from deliveries where next_attempt_at is not null
      union all
      select (select min(receiver_id) from deliveries
        where receiver_id > receivers.id and next_attempt_at is not null)
      from receivers where receivers.id is not null
    ), leases as (
      select min(workspace_id) as workspace_id, receiver_id, count(*) as count from deliveries
      where lease is not null and +next_attempt_at > ${now} and +next_attempt_at <= ${tooLate}
      group by receiver_id
    ), busy as (
      select workspace_id, sum(count) as count from leases group by workspace_id
    ), heads as (
      select coalesce(
        (select deliveries.id from deliveries
          where receiver_id = receivers.id and next_attempt_at <= ${now}
          order by next_attempt_at limit 1),
        (select deliveries.id from deliveries
          where receiver_id = receivers.id and next_attempt_at > ${tooLate}
          order by next_attempt_at limit 1)) as id
      from receivers where receivers.id is not null
    ), ranked as (
      select deliveries.id, next_attempt_at, coalesce(leases.count, 0) as leases,
        coalesce(busy.count, 0) + row_number() over (
          partition by deliveries.workspace_id
          order by coalesce(leases.count, 0), next_attempt_at) as turn
      from heads join deliveries on deliveries.id = heads.id
      left join leases on leases.receiver_id = deliveries.receiver_id
      left join busy on busy.workspace_id = deliveries.workspace_id
      where coalesce(leases.count, 0) < ${sql.lit(RECEIVER_LEASES_MAX)}
    )
    select id from ranked where turn <= ${sql.lit(WORKSPACE_LEASES_MAX)}
    order by turn, leases, next_attempt_at limit ${limit}`.execute(db)
  return rows.map(({ id }) => id)
}

async function lease(
  ids: readonly string[],
  request: ClaimRequest,
  writing: Writing,
): Promise<readonly Delivery[]> {
  const { trx, engine, now } = writing
  const due = trx
    .selectFrom('deliveries')
    .select('id')
    .where('id', 'in', ids)
    .where((eb) =>
      eb.or([
        eb('next_attempt_at', '<=', now),
        eb('next_attempt_at', '>', now + NEXT_ATTEMPT_MS_MAX),
      ]),
    )
  const token = randomUUID()
  const leased = await trx
    .updateTable('deliveries')
    .set((eb) => ({
      lease: token,
      next_attempt_at: now + request.leaseMs,
      attempts: eb('attempts', '+', 1),
      created_at: eb.case().when('created_at', '>', now).then(now).else(eb.ref('created_at')).end(),
    }))
    // Why skipped: a row that another worker is just leasing is not ours to wait for.
    .where('id', 'in', engine === 'postgres' ? due.forUpdate().skipLocked() : due)
    .returning('id')
    .execute()
  if (leased.length === 0) return []
  const rows = await trx
    .selectFrom('deliveries')
    .innerJoin('notices', 'notices.id', 'deliveries.notice_id')
    .innerJoin('notice_receivers', 'notice_receivers.id', 'deliveries.receiver_id')
    .select(['deliveries.id', 'deliveries.attempts', 'deliveries.created_at'])
    .select(['notice_id', 'domain_id', 'event', 'fact', 'payload_json'])
    .select(['kind', 'address', 'secret', 'is_enabled'])
    .where(
      'deliveries.id',
      'in',
      leased.map(({ id }) => id),
    )
    .execute()
  const unwanted = await whyUnwanted(rows, trx)
  await giveUp(unwanted, writing)
  await postpone(
    rows.filter((row) => eventOf(row) === undefined && !unwanted.has(row.id)),
    writing,
  )
  // Why again: the update gives its rows in no order.
  const place = new Map(ids.map((id, index) => [id, index]))
  return rows
    .filter(({ id }) => !unwanted.has(id))
    .toSorted((one, other) => (place.get(one.id) ?? 0) - (place.get(other.id) ?? 0))
    .flatMap((row) => toDelivery(row, token))
}

/** Gives why some deliveries are not to be made any more, by their ids. */
async function whyUnwanted(
  rows: readonly DueRow[],
  db: Kysely<Tables>,
): Promise<ReadonlyMap<string, string>> {
  const ids = rows.flatMap(({ kind, domain_id: id }) => (kind === 'mail' && id !== null ? id : []))
  const domains =
    ids.length === 0
      ? []
      : await db.selectFrom('domains').selectAll().where('id', 'in', ids).execute()
  const byId = new Map(domains.map((domain) => [domain.id, domain]))
  return new Map(
    rows.flatMap((row) => {
      // Why there may be some: they were told while the receiver was being disabled or deleted.
      if (row.is_enabled === 0) return [[row.id, 'The receiver gets nothing more.'] as const]
      const domain = row.kind === 'mail' ? byId.get(row.domain_id ?? '') : undefined
      const event = eventOf(row)
      if (domain === undefined || event === undefined) return []
      const isDeleted = domain.deleted_at !== null
      const { fact } = row
      const why = whyMailIsStale({ event, fact }, { ...noticedDomain(domain), isDeleted })
      return why === undefined ? [] : [[row.id, why] as const]
    }),
  )
}

async function giveUp(why: ReadonlyMap<string, string>, { trx, now }: Writing): Promise<void> {
  for (const [error, entries] of Map.groupBy(why, ([, reason]) => reason)) {
    await trx
      .updateTable('deliveries')
      .set({ status: 'given_up', next_attempt_at: null, lease: null, error, ended_at: now })
      .where(
        'id',
        'in',
        entries.map(([id]) => id),
      )
      .execute()
  }
}

/** Leaves events that only a newer version knows to it; until then they take nobody's place. */
async function postpone(rows: readonly DueRow[], { trx }: Writing): Promise<void> {
  if (rows.length === 0) return
  await trx
    .updateTable('deliveries')
    .set((eb) => ({ lease: null, attempts: eb('attempts', '-', 1) }))
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute()
}

type DueRow = Pick<DeliveryRow, 'id' | 'attempts' | 'created_at' | 'notice_id'> &
  Pick<NoticeRow, 'domain_id' | 'event' | 'fact' | 'payload_json'> &
  Pick<NoticeReceiverRow, 'kind' | 'address' | 'secret' | 'is_enabled'>

function eventOf(row: DueRow): NoticeEvent | undefined {
  return NOTICE_EVENTS.find((known) => known === row.event)
}

function toDelivery(row: DueRow, token: string): Delivery[] {
  const event = eventOf(row)
  if (event === undefined) return []
  return [
    {
      id: row.id,
      lease: token,
      noticeId: row.notice_id,
      event,
      payload: row.payload_json,
      createdAt: row.created_at,
      attempts: row.attempts - 1,
      to:
        row.kind === 'webhook'
          ? { kind: 'webhook', url: row.address, secret: row.secret ?? '' }
          : { kind: 'mail', address: row.address },
    },
  ]
}

/**
 * Stores how an attempt to deliver went, if the lease still holds. An endpoint
 * that is dead, or says that it wants nothing more, is disabled; its workspace
 * is told by the other ways there are.
 */
export async function recordDelivery(record: DeliveryRecord, deps: WriteDeps): Promise<void> {
  await inTransaction(async (writing) => {
    // Why first: the deliveries that are given up with an endpoint are then locked by one writer.
    if (record.disablesEndpoint) await lockReceiverOf(record, writing)
    const row = await store(record, writing)
    if (row !== undefined && record.disablesEndpoint) await disable(row, record, writing)
  }, deps)
}

async function store(record: DeliveryRecord, writing: Writing): Promise<DeliveryRow | undefined> {
  const { trx, now } = writing
  const isOver =
    record.isDelivered || record.nextAttemptAt === undefined || (await isUnwanted(record, writing))
  const nextAttemptAt = Math.min(record.nextAttemptAt ?? now, now + NEXT_ATTEMPT_MS_MAX)
  return trx
    .updateTable('deliveries')
    .set({
      status: record.isDelivered ? 'delivered' : isOver ? 'given_up' : 'waiting',
      next_attempt_at: isOver ? null : nextAttemptAt,
      http_status: record.httpStatus ?? null,
      error: record.error === '' ? null : record.error,
      lease: null,
      ended_at: isOver ? now : null,
    })
    .where('id', '=', record.deliveryId)
    .where('lease', '=', record.lease)
    .returningAll()
    .executeTakeFirst()
}

/** Tells whether the receiver was disabled or deleted while the delivery was under way. */
async function isUnwanted({ deliveryId }: DeliveryRecord, { trx }: Writing): Promise<boolean> {
  const receiver = await trx
    .selectFrom('deliveries')
    .innerJoin('notice_receivers', 'notice_receivers.id', 'deliveries.receiver_id')
    .select('is_enabled')
    .where('deliveries.id', '=', deliveryId)
    .executeTakeFirst()
  return receiver?.is_enabled === 0
}

async function lockReceiverOf({ deliveryId }: DeliveryRecord, writing: Writing): Promise<void> {
  const receiver = await writing.trx
    .selectFrom('deliveries')
    .select(['receiver_id as id', 'workspace_id'])
    .where('id', '=', deliveryId)
    .executeTakeFirst()
  if (receiver !== undefined) await lockReceiver(receiver, writing)
}

async function disable(row: DeliveryRow, record: DeliveryRecord, writing: Writing): Promise<void> {
  const { trx, now } = writing
  const taken = await trx
    .selectFrom('deliveries')
    .select('id')
    .where('workspace_id', '=', row.workspace_id)
    .where('receiver_id', '=', row.receiver_id)
    .where('status', '=', 'delivered')
    .where('ended_at', '>=', row.created_at)
    .limit(1)
    .executeTakeFirst()
  const { httpStatus, error } = record
  const reason = decideDisabling({ httpStatus, error, tookSomething: taken !== undefined })
  if (reason === undefined) return
  const receiver = await trx
    .updateTable('notice_receivers')
    .set({ is_enabled: 0, disabled_reason: reason })
    .where('id', '=', row.receiver_id)
    .where('kind', '=', 'webhook')
    .where('is_enabled', '=', 1)
    .returning(['id', 'workspace_id', 'address'])
    .executeTakeFirst()
  if (receiver === undefined) return
  await giveUpWaiting(receiver, 'The endpoint was disabled.', writing)
  const notice = {
    workspaceId: receiver.workspace_id,
    domain: undefined,
    event: 'webhook.disabled',
    fact: `webhook.disabled:${receiver.id}:${now}`,
    message: `The webhook ${receiver.address} gets nothing more. ${reason}`,
    details: { webhook_id: receiver.id, url: receiver.address, reason },
  } as const
  await addNotice(notice, writing)
}
