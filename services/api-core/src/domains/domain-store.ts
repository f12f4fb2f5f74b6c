import { sql, type Kysely } from 'kysely'
import type { Destination } from '@fingerpost/model/destination'
import { NO_OBSERVATIONS } from '@fingerpost/model/domain-check'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import { AppError } from '@fingerpost/model/errors'
import type { Hostname } from '@fingerpost/model/hostname'
import { isId, newId, randomBase32 } from '../database/ids.ts'
import { LINKS_HOME } from '../database/links-home.ts'
import { isRefusedBy } from '../database/storage-errors.ts'
import type { DomainRow, Tables } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'
import { addEvent } from '../events/event-store.ts'
import { pageOf, type Page, type PageRequest } from '../http/paging.ts'
import { withEarlierUse } from '../rules/claim-words.ts'
import { hostnameOfLoop, type Fallbacks } from '../rules/fallback-loop.ts'
import { checkAtOnce, initialDomain, isLocalName } from '../rules/initial-domain.ts'
import { mayLeadHere } from '../rules/tombstone.ts'
import { countDown, countUp, lockWorkspace } from '../workspaces/workspace-store.ts'
import { formatObservations, statusColumns, toDomain } from './domain-row.ts'
import type { Domain } from './domain.ts'
import { boundTombstones, hasForeignTombstone } from './tombstone-store.ts'

const CNAME_LABEL_LENGTH = 12
const TOKEN_LENGTH = 32

/**
 * Adds a domain with a verification token and a CNAME label of its own.
 *
 * @throws {AppError} `hostname_taken` when the workspace has it, or another one
 *   holds a name under `localhost`; `limit_reached`
 */
export async function createDomain(
  workspaceId: string,
  input: { readonly hostname: Hostname; readonly tier: string },
  writing: Writing,
): Promise<Domain> {
  await countUp(workspaceId, 'domain_count', writing)
  const row = await noteEarlierUse(newDomainRow(workspaceId, input, writing.now), writing)
  try {
    await writing.trx.insertInto('domains').values(row).execute()
  } catch (error) {
    const isTaken =
      isRefusedBy(error, 'domains_hostname_in_workspace') || isRefusedBy(error, 'domains_holder')
    if (!isTaken) throw error
    throw new AppError('hostname_taken', `The hostname "${input.hostname}" is taken already.`, {
      facts: { hostname: input.hostname },
      cause: error,
    })
  }
  await addEvent({ domain: row, kind: 'added', statusFrom: null }, writing)
  announce(row, writing)
  return toDomain(row)
}

/** Has a new claim say that DNS may still lead to what another workspace deleted. */
async function noteEarlierUse(row: DomainRow, { trx }: Writing): Promise<DomainRow> {
  const { reason } = toDomain(row)
  const surroundings = { ...row, hasForeignTombstone: await hasForeignTombstone(row, trx) }
  return { ...row, reason_message: withEarlierUse(reason, surroundings).message }
}

function newDomainRow(
  workspaceId: string,
  input: { readonly hostname: Hostname; readonly tier: string },
  now: number,
): DomainRow {
  const { status, reason, nextCheckAt, fastUntil } = initialDomain(input.hostname, now)
  return {
    id: newId('dom'),
    workspace_id: workspaceId,
    hostname: input.hostname,
    tier: input.tier,
    ...statusColumns(status),
    status_since: now,
    reason: reason.code,
    reason_message: reason.message,
    verification_token: `fp-${randomBase32(TOKEN_LENGTH)}`,
    cname_label: randomBase32(CNAME_LABEL_LENGTH),
    root_url: null,
    not_found_url: null,
    honours_privacy_signals: 1,
    observations_json: formatObservations(NO_OBSERVATIONS),
    grace_ends_at: null,
    loss_seen_at: null,
    next_check_at: nextCheckAt ?? null,
    fast_until: fastUntil,
    quiet_checks: 0,
    lease: null,
    lease_worker: null,
    lease_until: null,
    check_requested: 0,
    settings_changes: 0,
    version: 1,
    created_at: now,
    deleted_at: null,
    has_deleted_links: 0,
    takeover_seen_at: null,
    ownership_missing_since: null,
    group_id: null,
    links_home: null,
    links_version: 0,
  }
}

/**
 * Gives a workspace's domain.
 *
 * @throws {AppError} `domain_not_found`
 */
export async function getDomain(
  workspaceId: string,
  id: string,
  db: Kysely<Tables>,
): Promise<Domain> {
  const row = isId(id, 'dom')
    ? await db
        .selectFrom('domains')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
    : undefined
  if (row === undefined) throw domainNotFound()
  return toDomain(row)
}

/** Lists a workspace's domains, the newest first. */
export async function listDomains(
  workspaceId: string,
  filter: { readonly status: DomainStatus | undefined },
  page: PageRequest,
  db: Kysely<Tables>,
): Promise<Page<Domain>> {
  let query = db
    .selectFrom('domains')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  if (page.before !== undefined) query = query.where('id', '<', page.before)
  if (filter.status !== undefined) query = query.where('status', '=', filter.status)
  return pageOf((await query.execute()).map(toDomain), page.limit)
}

/** What a workspace can set of a domain; undefined leaves it, null clears it. */
export type DomainChange = {
  readonly rootUrl: Destination | null | undefined
  readonly notFoundUrl: Destination | null | undefined
  readonly honoursPrivacySignals: boolean | undefined
}

/**
 * Changes a domain's settings.
 *
 * @throws {AppError} `domain_not_found`, `destination_loops`
 */
export async function changeDomain(
  workspaceId: string,
  id: string,
  change: DomainChange,
  writing: Writing,
): Promise<Domain> {
  const domain = await getDomain(workspaceId, id, writing.trx)
  refuseLoops(change, await shownOn(domain, writing.trx))
  const row = await writing.trx
    .updateTable('domains')
    .set((eb) => ({
      version: eb('version', '+', 1),
      settings_changes: eb('settings_changes', '+', 1),
      ...(change.rootUrl !== undefined && { root_url: change.rootUrl }),
      ...(change.notFoundUrl !== undefined && { not_found_url: change.notFoundUrl }),
      ...(change.honoursPrivacySignals !== undefined && {
        honours_privacy_signals: change.honoursPrivacySignals ? 1 : 0,
      }),
    }))
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw domainNotFound()
  writing.announce({ kind: 'settings', hostname: row.hostname, domainId: id })
  return toDomain(row)
}

/**
 * Makes a domain due for a check now, and every few seconds for a while. A
 * check that runs at the moment goes on and counts; the next follows at once.
 *
 * @throws {AppError} `domain_not_found`
 */
export async function requestCheck(
  workspaceId: string,
  id: string,
  writing: Writing,
): Promise<Domain> {
  const domain = await getDomain(workspaceId, id, writing.trx)
  if (isLocalName(domain.hostname)) return domain
  const { nextCheckAt, fastUntil } = checkAtOnce(writing.now)
  const row = await writing.trx
    .updateTable('domains')
    .set({
      // Why the earlier one: asking again must not move it behind other due domains.
      next_check_at: sql<number>`case when next_check_at <= ${nextCheckAt}
        then next_check_at else ${nextCheckAt} end`,
      fast_until: fastUntil,
      quiet_checks: 0,
      check_requested: 1,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw domainNotFound()
  return toDomain(row)
}

/**
 * Deletes a domain; a tombstone stays, and is looked at while DNS may lead here.
 * Its links are gone for everybody at once, but only marked: there may be more
 * than one transaction can delete in time.
 *
 * @throws {AppError} `domain_not_found`, `domain_is_primary`
 */
export async function deleteDomain(
  workspaceId: string,
  id: string,
  writing: Writing,
): Promise<void> {
  const { trx, now } = writing
  await lockWorkspace(workspaceId, writing)
  await lockDomain(workspaceId, id, writing)
  const domain = await getDomain(workspaceId, id, trx)
  await refusePrimary(domain, trx)
  const links = await trx
    .selectFrom('domains')
    .innerJoin('links', (join) => join.on('links.domain_id', '=', LINKS_HOME))
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('domains.id', '=', id)
    .executeTakeFirstOrThrow()
  const isLookedAt = mayLeadHere({ ...domain, isLocal: isLocalName(domain.hostname) })
  const deleted = await trx
    .updateTable('domains')
    .set({
      deleted_at: now,
      has_deleted_links: links.count > 0 ? 1 : 0,
      is_holder: 0,
      next_check_at: isLookedAt ? now : null,
      loss_seen_at: null,
      grace_ends_at: null,
      lease: null,
      lease_worker: null,
      lease_until: null,
      group_id: null,
      version: domain.version + 1,
    })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
  if (deleted === undefined) throw domainNotFound()
  await countDown(workspaceId, 'domain_count', 1, writing)
  await countDown(workspaceId, 'link_count', links.count, writing)
  await addEvent({ domain: deleted, kind: 'deleted', statusFrom: deleted.status }, writing)
  await boundTombstones(workspaceId, writing)
  announce(deleted, writing)
}

// Why: what a check makes of the domain meanwhile decides what its deletion leaves behind.
async function lockDomain(
  workspaceId: string,
  id: string,
  { trx, engine }: Writing,
): Promise<void> {
  if (engine === 'sqlite' || !isId(id, 'dom')) return
  await trx
    .selectFrom('domains')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
}

function announce({ id, hostname, status }: DomainRow, writing: Writing): void {
  // Why by the status: a tombstone keeps it, but is no holder any more.
  const kind = DOMAIN_STATUSES[status].holdsHostname ? 'holder' : 'claim'
  writing.announce({ kind, hostname, domainId: id })
}

async function refusePrimary({ id, hostname }: Domain, db: Kysely<Tables>): Promise<void> {
  const group = await db
    .selectFrom('domain_groups')
    .select('id')
    .where('primary_domain_id', '=', id)
    .executeTakeFirst()
  if (group === undefined) return
  throw new AppError(
    'domain_is_primary',
    `"${hostname}" is the primary of a domain group, whose links would be lost. Make another ` +
      'domain the primary, or delete the group first.',
    { facts: { hostname, group_id: group.id } },
  )
}

/**
 * Refuses a domain's URLs that lead visitors round in a circle.
 *
 * @param hostnames every hostname that shows them
 * @throws {AppError} `destination_loops`
 */
export function refuseLoops(urls: Fallbacks, hostnames: readonly Hostname[]): void {
  const hostname = hostnameOfLoop(urls, hostnames)
  if (hostname === undefined) return
  throw new AppError(
    'destination_loops',
    `The root or not-found URL leads back to "${hostname}": visitors would go round in a circle.`,
    { facts: { hostname } },
  )
}

/** Gives every hostname that shows what is set of a domain: its own, and those of its group. */
async function shownOn({ id, hostname }: Domain, db: Kysely<Tables>): Promise<readonly Hostname[]> {
  const members = await db
    .selectFrom('domain_groups')
    .innerJoin('domains', (join) =>
      join
        .onRef('domains.group_id', '=', 'domain_groups.id')
        .onRef('domains.workspace_id', '=', 'domain_groups.workspace_id'),
    )
    .select('domains.hostname')
    .where('domain_groups.primary_domain_id', '=', id)
    .execute()
  return [hostname, ...members.map((member) => member.hostname as Hostname)]
}

/** The one answer for a domain that is another workspace's, deleted, or never was. */
export function domainNotFound(): AppError {
  return new AppError('domain_not_found', 'The workspace has no domain with this id.')
}
