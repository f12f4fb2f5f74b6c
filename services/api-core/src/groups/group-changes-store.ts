import { AppError } from '@fingerpost/model/errors'
import type { Hostname } from '@fingerpost/model/hostname'
import { isId, newId } from '../database/ids.ts'
import { linksHomeOf } from '../database/links-home.ts'
import type { DomainGroupRow, DomainRow } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'
import { toDestination } from '../domains/domain-row.ts'
import { domainNotFound, refuseLoops } from '../domains/domain-store.ts'
import type { AlternatesMode } from '../rules/group-serving.ts'
import { lockWorkspace } from '../workspaces/workspace-store.ts'
import { getGroupRow } from './group-store.ts'

/** Most domain groups of a workspace. */
export const GROUPS_MAX = 1_000
/** Most domains of a group, so that the change of a link is told for so many hostnames at most. */
export const GROUP_DOMAINS_MAX = 20

/** What a domain group is made from. */
export type NewGroup = {
  readonly name: string
  readonly primaryDomainId: string
  readonly alternateDomainIds: readonly string[]
  readonly alternates: AlternatesMode
}

/** What changes of a domain group; undefined: it stays. */
export type GroupChange = {
  readonly name: string | undefined
  readonly primaryDomainId: string | undefined
  readonly alternates: AlternatesMode | undefined
}

/**
 * Makes a domain group; the workspace is locked. Gives its id.
 *
 * @throws {AppError} `domain_not_found`, `domain_in_group`, `limit_reached`, `destination_loops`
 */
export async function createGroup(
  workspaceId: string,
  input: NewGroup,
  writing: Writing,
): Promise<string> {
  const { trx, now } = writing
  const { name, alternates, primaryDomainId } = input
  await refuseOneMoreGroup(workspaceId, writing)
  const alternateIds = input.alternateDomainIds.filter((id) => id !== primaryDomainId)
  refuseMoreThan(GROUP_DOMAINS_MAX, 1 + alternateIds.length)
  for (const id of [primaryDomainId, ...alternateIds]) {
    refuseGrouped(await getRow(workspaceId, id, writing))
  }
  const row: DomainGroupRow = {
    id: newId('grp'),
    workspace_id: workspaceId,
    name,
    primary_domain_id: primaryDomainId,
    alternates,
    version: 1,
    created_at: now,
  }
  await trx.insertInto('domain_groups').values(row).execute()
  await putMember(primaryDomainId, { groupId: row.id, showsOthers: false }, writing)
  for (const id of alternateIds) {
    await putMember(id, { groupId: row.id, showsOthers: true }, writing)
  }
  await refuseCircles(row, writing)
  return row.id
}

/**
 * Changes a domain group. When the primary changes, the links of the group pass
 * on to the new one, whose own links the old one gets: so every hostname shows
 * the same as before.
 *
 * @throws {AppError} `group_not_found`, `domain_not_found`, `domain_not_in_group`,
 *   `destination_loops`
 */
export async function changeGroup(
  workspaceId: string,
  id: string,
  change: GroupChange,
  writing: Writing,
): Promise<void> {
  await lockWorkspace(workspaceId, writing)
  const group = await getGroupRow(workspaceId, id, writing.trx)
  const { name = group.name, alternates = group.alternates } = change
  const { primaryDomainId = group.primary_domain_id } = change
  if (primaryDomainId !== group.primary_domain_id) {
    const next = await getMember(group, primaryDomainId, writing)
    await swapLinks(await getRow(workspaceId, group.primary_domain_id, writing), next, writing)
  }
  await writing.trx
    .updateTable('domain_groups')
    .set({ name, alternates, primary_domain_id: primaryDomainId, version: group.version + 1 })
    .where('id', '=', group.id)
    .execute()
  const isShown = alternates !== group.alternates || primaryDomainId !== group.primary_domain_id
  if (!isShown) return
  await refuseCircles({ ...group, primary_domain_id: primaryDomainId }, writing)
  const members = await readMembers(group, writing)
  // Why the primary first: an edge that heard of another one only would send visitors there, which
  // still sends them back.
  const inOrder = members.toSorted(
    (one, other) => Number(other.id === primaryDomainId) - Number(one.id === primaryDomainId),
  )
  for (const member of inOrder) {
    await putMember(member.id, { groupId: group.id, showsOthers: false }, writing)
  }
}

/**
 * Deletes a domain group; its domains stay, and each shows its own links again.
 *
 * @throws {AppError} `group_not_found`
 */
export async function deleteGroup(
  workspaceId: string,
  id: string,
  writing: Writing,
): Promise<void> {
  await lockWorkspace(workspaceId, writing)
  const group = await getGroupRow(workspaceId, id, writing.trx)
  for (const member of await readMembers(group, writing)) {
    const showsOthers = member.id !== group.primary_domain_id
    await putMember(member.id, { groupId: null, showsOthers }, writing)
  }
  await writing.trx.deleteFrom('domain_groups').where('id', '=', group.id).execute()
}

/**
 * Takes a domain into a domain group as an alternate; one that is in it stays as it is.
 *
 * @throws {AppError} `group_not_found`, `domain_not_found`, `domain_in_group`, `limit_reached`,
 *   `destination_loops`
 */
export async function addMember(
  workspaceId: string,
  { groupId, domainId }: { readonly groupId: string; readonly domainId: string },
  writing: Writing,
): Promise<void> {
  await lockWorkspace(workspaceId, writing)
  const group = await getGroupRow(workspaceId, groupId, writing.trx)
  const domain = await getRow(workspaceId, domainId, writing)
  if (domain.group_id === group.id) return
  refuseGrouped(domain)
  refuseMoreThan(GROUP_DOMAINS_MAX, 1 + (await readMembers(group, writing)).length)
  await putMember(domainId, { groupId: group.id, showsOthers: true }, writing)
  await refuseCircles(group, writing)
  await countVersion(group, writing)
}

/**
 * Takes an alternate out of its domain group; it shows its own links again.
 *
 * @throws {AppError} `group_not_found`, `domain_not_found`, `domain_not_in_group`,
 *   `domain_is_primary`
 */
export async function removeMember(
  workspaceId: string,
  { groupId, domainId }: { readonly groupId: string; readonly domainId: string },
  writing: Writing,
): Promise<void> {
  await lockWorkspace(workspaceId, writing)
  const group = await getGroupRow(workspaceId, groupId, writing.trx)
  const { hostname } = await getMember(group, domainId, writing)
  if (domainId === group.primary_domain_id) {
    throw new AppError(
      'domain_is_primary',
      `"${hostname}" is the primary of the group. Make another domain the primary, or delete ` +
        'the group.',
      { facts: { hostname, group_id: group.id } },
    )
  }
  await putMember(domainId, { groupId: null, showsOthers: true }, writing)
  await countVersion(group, writing)
}

async function countVersion(group: DomainGroupRow, { trx }: Writing): Promise<void> {
  const version = group.version + 1
  await trx.updateTable('domain_groups').set({ version }).where('id', '=', group.id).execute()
}

/**
 * Notes the group of a domain and tells the edges.
 *
 * @param place.showsOthers whether its hostname shows other links from now on than before
 */
async function putMember(
  domainId: string,
  place: { readonly groupId: string | null; readonly showsOthers: boolean },
  { trx, announce }: Writing,
): Promise<void> {
  const { hostname } = await trx
    .updateTable('domains')
    .set((eb) => ({
      group_id: place.groupId,
      links_version: eb('links_version', '+', place.showsOthers ? 1 : 0),
      version: eb('version', '+', 1),
      settings_changes: eb('settings_changes', '+', 1),
    }))
    .where('id', '=', domainId)
    .returning('hostname')
    .executeTakeFirstOrThrow()
  announce({ kind: 'member', hostname, domainId })
}

async function swapLinks(one: DomainRow, other: DomainRow, writing: Writing): Promise<void> {
  const put = (id: string, linksHome: string) =>
    writing.trx
      .updateTable('domains')
      .set({ links_home: linksHome === id ? null : linksHome })
      .where('id', '=', id)
      .execute()
  // Why three steps: no two rows may have the same one, not even for a moment.
  await put(one.id, `swapped-${one.id}`)
  await put(other.id, linksHomeOf(one))
  await put(one.id, linksHomeOf(other))
}

/** Refuses a primary whose own URLs lead to a hostname that shows them, and so in a circle. */
async function refuseCircles(group: DomainGroupRow, writing: Writing): Promise<void> {
  const primary = await getRow(group.workspace_id, group.primary_domain_id, writing)
  const urls = {
    rootUrl: toDestination(primary.root_url),
    notFoundUrl: toDestination(primary.not_found_url),
  }
  const members = await readMembers(group, writing)
  refuseLoops(
    urls,
    members.map((member) => member.hostname as Hostname),
  )
}

async function readMembers(group: DomainGroupRow, { trx }: Writing) {
  return trx
    .selectFrom('domains')
    .select(['id', 'hostname'])
    .where('workspace_id', '=', group.workspace_id)
    .where('group_id', '=', group.id)
    .orderBy('id')
    .execute()
}

async function getMember(
  group: DomainGroupRow,
  domainId: string,
  writing: Writing,
): Promise<DomainRow> {
  const row = await getRow(group.workspace_id, domainId, writing)
  if (row.group_id === group.id) return row
  const { hostname } = row
  throw new AppError('domain_not_in_group', `"${hostname}" is not in the group; add it first.`, {
    facts: { hostname, group_id: group.id },
  })
}

async function getRow(workspaceId: string, id: string, { trx }: Writing): Promise<DomainRow> {
  const row = isId(id, 'dom')
    ? await trx
        .selectFrom('domains')
        .selectAll()
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirst()
    : undefined
  if (row === undefined) throw domainNotFound()
  return row
}

function refuseGrouped({ hostname, group_id: groupId }: DomainRow): void {
  if (groupId === null) return
  throw new AppError('domain_in_group', `"${hostname}" is in a domain group already.`, {
    facts: { hostname, group_id: groupId },
  })
}

function refuseMoreThan(max: number, count: number): void {
  if (count <= max) return
  throw new AppError('limit_reached', `A domain group can have ${max} domains, and no more.`, {
    facts: { limit: max },
  })
}

async function refuseOneMoreGroup(workspaceId: string, { trx }: Writing): Promise<void> {
  const { count } = await trx
    .selectFrom('domain_groups')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirstOrThrow()
  if (count < GROUPS_MAX) return
  throw new AppError(
    'limit_reached',
    `The workspace has ${GROUPS_MAX} domain groups, the most there can be.`,
    { facts: { limit: GROUPS_MAX } },
  )
}
