import type { Kysely } from 'kysely'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { DomainObservations, DomainReason } from '@fingerpost/model/domain-check'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { EpochMs } from '@fingerpost/model/time'
import { newId } from '../database/ids.ts'
import type { DomainEventRow, DomainRow, Tables } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'
import { parseObservations, parseReason } from '../domains/domain-row.ts'
import { formatEvidence, parseEvidence } from '../domains/evidence.ts'
import { pageOf, type Page, type PageRequest } from '../http/paging.ts'

/** What can stand in a domain's timeline. */
export const EVENT_KINDS = [
  'added',
  'status_changed',
  'reason_changed',
  'ownership_moved',
  'reminded',
  'certificate_issued',
  'certificate_failing',
  'deleted',
] as const

/** One of `EVENT_KINDS`. */
export type EventKind = (typeof EVENT_KINDS)[number]

/** Most entries of one domain; the oldest make room. */
export const EVENTS_PER_DOMAIN_MAX = 1_000

/** An entry of a domain's timeline, with the evidence of that moment. */
export type DomainEvent = {
  readonly id: string
  readonly kind: EventKind
  readonly statusFrom: DomainStatus | undefined
  readonly statusTo: DomainStatus
  readonly reason: DomainReason
  readonly message: string
  readonly observations: DomainObservations
  /** The raw answers that it was decided from. */
  readonly evidence: readonly Evidence[]
  readonly createdAt: EpochMs
}

/** Adds an entry to a domain's timeline: how the domain is now, and why. */
export async function addEvent(
  event: {
    readonly domain: Pick<
      DomainRow,
      'id' | 'workspace_id' | 'status' | 'reason' | 'reason_message' | 'observations_json'
    >
    readonly kind: EventKind
    readonly statusFrom: DomainStatus | null
    /** Unset: it was not decided from answers. */
    readonly evidence?: readonly Evidence[]
  },
  { trx, now }: Writing,
): Promise<void> {
  const { domain, evidence = [] } = event
  await trx
    .insertInto('domain_events')
    .values({
      id: newId('evt'),
      workspace_id: domain.workspace_id,
      domain_id: domain.id,
      kind: event.kind,
      status_from: event.statusFrom,
      status_to: domain.status,
      reason: domain.reason,
      message: domain.reason_message,
      observations_json: domain.observations_json,
      evidence_json: formatEvidence(evidence),
      created_at: now,
    })
    .execute()
  await dropOldest(domain, trx)
}

async function dropOldest(
  domain: Pick<DomainRow, 'id' | 'workspace_id'>,
  db: Kysely<Tables>,
): Promise<void> {
  const oldestKept = await db
    .selectFrom('domain_events')
    .select('id')
    .where('workspace_id', '=', domain.workspace_id)
    .where('domain_id', '=', domain.id)
    .orderBy('id', 'desc')
    .offset(EVENTS_PER_DOMAIN_MAX - 1)
    .limit(1)
    .executeTakeFirst()
  if (oldestKept === undefined) return
  await db
    .deleteFrom('domain_events')
    .where('workspace_id', '=', domain.workspace_id)
    .where('domain_id', '=', domain.id)
    .where('id', '<', oldestKept.id)
    .execute()
}

/** Lists a domain's timeline, the newest entry first. */
export async function listEvents(
  workspaceId: string,
  domainId: string,
  page: PageRequest,
  db: Kysely<Tables>,
): Promise<Page<DomainEvent>> {
  let query = db
    .selectFrom('domain_events')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('domain_id', '=', domainId)
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  if (page.before !== undefined) query = query.where('id', '<', page.before)
  return pageOf((await query.execute()).map(toEvent), page.limit)
}

function toEvent(row: DomainEventRow): DomainEvent {
  return {
    id: row.id,
    kind: EVENT_KINDS.find((kind) => kind === row.kind) ?? 'reason_changed',
    statusFrom: row.status_from ?? undefined,
    statusTo: row.status_to,
    reason: parseReason(row.reason),
    message: row.message,
    observations: parseObservations(row.observations_json),
    evidence: parseEvidence(row.evidence_json),
    createdAt: row.created_at,
  }
}
