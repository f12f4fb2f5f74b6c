import type { Kysely } from 'kysely'
import { NO_CERTIFICATE } from '@fingerpost/model/certificate'
import { AppError } from '@fingerpost/model/errors'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import { readCertificates } from '../certificates/certificate-store.ts'
import { isId } from '../database/ids.ts'
import type { DomainGroupRow, Tables } from '../database/tables.ts'
import { pageOf, type Page, type PageRequest } from '../http/paging.ts'
import type { AlternatesMode } from '../rules/group-serving.ts'
import { memberStatus, type MemberStatus } from '../rules/group-status.ts'
import { isLocalName } from '../rules/initial-domain.ts'

/** Some domains of a workspace that show the links of one of them, the primary. */
export type DomainGroup = {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly primaryDomainId: string
  readonly alternates: AlternatesMode
  /** The primary first, then the others by age. */
  readonly members: readonly GroupMember[]
  readonly version: number
  readonly createdAt: EpochMs
}

/** A domain of a group. */
export type GroupMember = {
  readonly domainId: string
  readonly hostname: Hostname
  readonly isPrimary: boolean
  readonly status: MemberStatus
}

/**
 * Gives a workspace's domain group.
 *
 * @param now for what is derived: the status of its members
 * @throws {AppError} `group_not_found`
 */
export async function getGroup(
  workspaceId: string,
  id: string,
  now: EpochMs,
  db: Kysely<Tables>,
): Promise<DomainGroup> {
  const row = await getGroupRow(workspaceId, id, db)
  const [group] = await toGroups([row], now, db)
  if (group === undefined) throw groupNotFound()
  return group
}

/** Lists a workspace's domain groups, the newest first. */
export async function listGroups(
  workspaceId: string,
  page: PageRequest,
  now: EpochMs,
  db: Kysely<Tables>,
): Promise<Page<DomainGroup>> {
  let query = db
    .selectFrom('domain_groups')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  if (page.before !== undefined) query = query.where('id', '<', page.before)
  const { items, nextCursor } = pageOf(await query.execute(), page.limit)
  return { items: await toGroups(items, now, db), nextCursor }
}

/**
 * Gives the row of a workspace's domain group.
 *
 * @throws {AppError} `group_not_found`
 */
export async function getGroupRow(
  workspaceId: string,
  id: string,
  db: Kysely<Tables>,
): Promise<DomainGroupRow> {
  const row = isId(id, 'grp')
    ? await db
        .selectFrom('domain_groups')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .executeTakeFirst()
    : undefined
  if (row === undefined) throw groupNotFound()
  return row
}

async function toGroups(
  rows: readonly DomainGroupRow[],
  now: EpochMs,
  db: Kysely<Tables>,
): Promise<readonly DomainGroup[]> {
  const domains = await readDomains(rows, db)
  const certificates = await readCertificates(
    domains.map((domain) => domain.hostname as Hostname),
    db,
  )
  const byGroup = Map.groupBy(domains, (domain) => domain.group_id)
  return rows.map((row) => {
    const members = (byGroup.get(row.id) ?? []).map((domain): GroupMember => {
      const hostname = domain.hostname as Hostname
      const facts = {
        status: domain.status,
        isLookedAt: domain.reason !== 'not_checked_yet',
        needsCertificate: !isLocalName(hostname),
        certificate: certificates.get(hostname) ?? NO_CERTIFICATE,
      }
      const isPrimary = domain.id === row.primary_domain_id
      return { domainId: domain.id, hostname, isPrimary, status: memberStatus(facts, now) }
    })
    return {
      id: row.id,
      workspaceId: row.workspace_id,
      name: row.name,
      primaryDomainId: row.primary_domain_id,
      alternates: row.alternates,
      members: members.toSorted((one, other) => Number(other.isPrimary) - Number(one.isPrimary)),
      version: row.version,
      createdAt: row.created_at,
    }
  })
}

async function readDomains(rows: readonly DomainGroupRow[], db: Kysely<Tables>) {
  const [first] = rows
  if (first === undefined) return []
  return db
    .selectFrom('domains')
    .select(['id', 'hostname', 'status', 'reason', 'group_id'])
    .where('workspace_id', '=', first.workspace_id)
    .where(
      'group_id',
      'in',
      rows.map((row) => row.id),
    )
    .orderBy('id')
    .execute()
}

/** The one answer for a group that is another workspace's, deleted, or never was. */
function groupNotFound(): AppError {
  return new AppError('group_not_found', 'The workspace has no domain group with this id.')
}
