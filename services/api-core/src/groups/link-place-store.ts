import type { Kysely } from 'kysely'
import type { Hostname } from '@fingerpost/model/hostname'
import { isId } from '../database/ids.ts'
import { linksHomeOf } from '../database/links-home.ts'
import type { Tables } from '../database/tables.ts'
import { domainNotFound } from '../domains/domain-store.ts'

/** Where the links of a hostname are. */
export type LinkPlace = {
  /** The domain whose links they are. */
  readonly domainId: string
  readonly hostname: Hostname
  /** The `domain_id` of their rows. */
  readonly linksHome: string
  /** Every hostname that shows them. */
  readonly shownOn: readonly Hostname[]
}

/**
 * Gives where the links are that a domain's hostname shows: with the domain, or,
 * for an alternate of a group, with the primary.
 *
 * @throws {AppError} `domain_not_found`
 */
export async function linkPlaceOf(
  workspaceId: string,
  domainId: string,
  db: Kysely<Tables>,
): Promise<LinkPlace> {
  if (!isId(domainId, 'dom')) throw domainNotFound()
  const asked = await db
    .selectFrom('domains')
    .leftJoin('domain_groups', (join) =>
      join
        .onRef('domain_groups.id', '=', 'domains.group_id')
        .onRef('domain_groups.workspace_id', '=', 'domains.workspace_id'),
    )
    .select(['domains.id', 'domains.hostname', 'domains.links_home'])
    .select(['domain_groups.id as group_id', 'domain_groups.primary_domain_id'])
    .where('domains.workspace_id', '=', workspaceId)
    .where('domains.id', '=', domainId)
    .where('domains.deleted_at', 'is', null)
    .executeTakeFirst()
  if (asked === undefined) throw domainNotFound()
  const { group_id: groupId, primary_domain_id: primaryId } = asked
  if (groupId === null) return placeOf(asked, [asked])
  const members = await db
    .selectFrom('domains')
    .select(['id', 'hostname', 'links_home'])
    .where('workspace_id', '=', workspaceId)
    .where('group_id', '=', groupId)
    .execute()
  const primary = members.find((member) => member.id === primaryId)
  if (primary === undefined) throw new Error('A group lacks its primary.')
  return placeOf(primary, members)
}

type Row = { readonly id: string; readonly hostname: string; readonly links_home: string | null }

function placeOf(owner: Row, members: readonly Row[]): LinkPlace {
  return {
    domainId: owner.id,
    hostname: owner.hostname as Hostname,
    linksHome: linksHomeOf(owner),
    shownOn: members.map((member) => member.hostname as Hostname),
  }
}
