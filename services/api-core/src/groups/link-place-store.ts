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
  // Why one statement: between two, the group may get another primary, or be deleted.
  const rows = await db
    .selectFrom('domains')
    .leftJoin('domain_groups', (join) =>
      join
        .onRef('domain_groups.id', '=', 'domains.group_id')
        .onRef('domain_groups.workspace_id', '=', 'domains.workspace_id'),
    )
    .leftJoin('domains as member', (join) =>
      join
        .onRef('member.group_id', '=', 'domain_groups.id')
        .onRef('member.workspace_id', '=', 'domain_groups.workspace_id'),
    )
    .select(['domains.id', 'domains.hostname', 'domains.links_home'])
    .select(['domain_groups.primary_domain_id'])
    .select((eb) => [
      eb.ref('member.id').as('member_id'),
      eb.ref('member.hostname').as('member_hostname'),
      eb.ref('member.links_home').as('member_links_home'),
    ])
    .where('domains.workspace_id', '=', workspaceId)
    .where('domains.id', '=', domainId)
    .where('domains.deleted_at', 'is', null)
    .execute()
  const [asked] = rows
  if (asked === undefined) throw domainNotFound()
  if (asked.primary_domain_id === null) return placeOf(asked, [asked])
  const members = rows.flatMap((row) => {
    const { member_id: id, member_hostname: hostname, member_links_home: home } = row
    return id === null || hostname === null ? [] : [{ id, hostname, links_home: home }]
  })
  const primary = members.find((member) => member.id === asked.primary_domain_id)
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
