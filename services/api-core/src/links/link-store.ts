import { sql, type Kysely, type SelectQueryBuilder } from 'kysely'
import { isOwnAddress, type Destination } from '@fingerpost/model/destination'
import { AppError } from '@fingerpost/model/errors'
import type { Hostname } from '@fingerpost/model/hostname'
import {
  isRedirectStatus,
  REDIRECT_STATUS_DEFAULT,
  type RedirectStatus,
} from '@fingerpost/model/link'
import type { Slug } from '@fingerpost/model/slug'
import type { EpochMs } from '@fingerpost/model/time'
import { noteDeletedLinks } from '../clicks/click-retention-store.ts'
import { isId, newId } from '../database/ids.ts'
import { LINKS_HOME } from '../database/links-home.ts'
import { isRefusedBy } from '../database/storage-errors.ts'
import type { Engine, Storage } from '../database/storage.ts'
import type { LinkRow, Tables } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'
import { linkPlaceOf, type LinkPlace } from '../groups/link-place-store.ts'
import { pageOf, type Page, type PageRequest } from '../http/paging.ts'
import { countDown, countUp, lockWorkspace } from '../workspaces/workspace-store.ts'
import { chooseSlug } from './random-slug.ts'
import { addTags, readTags, replaceTags } from './tag-store.ts'

/** A link of a workspace. */
export type Link = {
  readonly id: string
  readonly workspaceId: string
  readonly domainId: string
  readonly hostname: Hostname
  readonly slug: Slug
  readonly destination: Destination
  readonly redirectStatus: RedirectStatus
  readonly expiresAt: EpochMs | undefined
  readonly isDisabled: boolean
  readonly title: string | undefined
  /** In the order of the alphabet. */
  readonly tags: readonly string[]
  readonly version: number
  readonly createdAt: EpochMs
  readonly updatedAt: EpochMs
}

/** What a link has besides its place. */
export type LinkSettings = {
  readonly destination: Destination
  readonly redirectStatus: RedirectStatus
  readonly expiresAt: EpochMs | undefined
  readonly isDisabled: boolean
  readonly title: string | undefined
  readonly tags: readonly string[]
}

/** A new link; without a slug it gets a random one. */
export type NewLink = LinkSettings & {
  readonly domainId: string
  readonly slug: Slug | undefined
}

/** What changes of a link: keys that are absent stay. */
export type LinkChange = { readonly [Key in keyof LinkSettings]?: LinkSettings[Key] }

/**
 * Makes a link. On an alternate of a group it becomes a link of the primary, so
 * that it is shown.
 *
 * @throws {AppError} `domain_not_found`, `slug_taken`, `destination_loops`, `limit_reached`
 */
export async function createLink(
  workspaceId: string,
  input: NewLink,
  writing: Writing,
): Promise<Link> {
  const { trx, now } = writing
  const place = await linkPlaceOf(workspaceId, input.domainId, trx)
  const { domainId, hostname, linksHome } = place
  await countUp(workspaceId, 'link_count', writing)
  const slug = input.slug ?? (await chooseSlug(linksHome, trx))
  refuseLoop(input.destination, place, slug)
  const row: LinkRow = {
    id: newId('lnk'),
    workspace_id: workspaceId,
    domain_id: linksHome,
    slug,
    destination: input.destination,
    redirect_status: input.redirectStatus,
    expires_at: input.expiresAt ?? null,
    is_disabled: input.isDisabled ? 1 : 0,
    title: input.title ?? null,
    version: 1,
    created_at: now,
    updated_at: now,
  }
  try {
    await trx.insertInto('links').values(row).execute()
  } catch (error) {
    if (!isRefusedBy(error, 'links_slug')) throw error
    throw new AppError('slug_taken', `Slug ${JSON.stringify(slug)} is used on "${hostname}".`, {
      facts: { slug, hostname },
      cause: error,
    })
  }
  await addTags(row, input.tags, trx)
  writing.announce({ kind: 'link', linksHome, slug })
  return toLink({ ...row, hostname, owner_id: domainId }, input.tags)
}

/**
 * Gives a workspace's link.
 *
 * @throws {AppError} `link_not_found`
 */
export async function getLink(workspaceId: string, id: string, db: Kysely<Tables>): Promise<Link> {
  const row = isId(id, 'lnk')
    ? await selectLinks(workspaceId, db).where('links.id', '=', id).executeTakeFirst()
    : undefined
  if (row === undefined) throw linkNotFound()
  const tags = await readTags([row.id], db)
  return toLink(row, tags.get(row.id) ?? [])
}

/** Which links of a workspace; undefined: any. */
export type LinkFilter = {
  readonly domainId: string | undefined
  readonly tag: string | undefined
  /** A part of the slug, the destination or the title; the case of A to Z does not matter. */
  readonly text: string | undefined
}

/** Lists a workspace's links, the newest first. */
export async function listLinks(
  workspaceId: string,
  filter: LinkFilter,
  page: PageRequest,
  { db, engine }: Pick<Storage, 'db' | 'engine'>,
): Promise<Page<Link>> {
  const { domainId, tag, text } = filter
  let query = selectLinks(workspaceId, db)
    .orderBy('links.id', 'desc')
    .limit(page.limit + 1)
  if (page.before !== undefined) query = query.where('links.id', '<', page.before)
  if (domainId !== undefined) query = query.where('domains.id', '=', domainId)
  if (tag !== undefined) {
    query = query.where('links.id', 'in', (eb) =>
      eb
        .selectFrom('link_tags')
        .select('link_id')
        .where('link_tags.workspace_id', '=', workspaceId)
        .where('tag', '=', tag),
    )
  }
  if (text !== undefined) query = query.where(containsText(text, engine))
  const rows = await query.execute()
  const tags = await readTags(
    rows.map((row) => row.id),
    db,
  )
  return pageOf(
    rows.map((row) => toLink(row, tags.get(row.id) ?? [])),
    page.limit,
  )
}

/**
 * Changes a link.
 *
 * @throws {AppError} `link_not_found`, `destination_loops`
 */
export async function changeLink(
  workspaceId: string,
  id: string,
  change: LinkChange,
  writing: Writing,
): Promise<Link> {
  const { trx, now } = writing
  const { hostname, domainId, slug } = await getLink(workspaceId, id, trx)
  if (change.destination !== undefined) {
    refuseLoop(change.destination, await linkPlaceOf(workspaceId, domainId, trx), slug)
  }
  const row = await trx
    .updateTable('links')
    .set((eb) => ({
      ...changedColumns(change),
      version: eb('version', '+', 1),
      updated_at: now,
    }))
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw linkNotFound()
  // Why only now: the update holds the row, so nobody else changes its tags meanwhile.
  if (change.tags !== undefined) await replaceTags(row, change.tags, trx)
  const tags = change.tags ?? (await readTags([id], trx)).get(id) ?? []
  writing.announce({ kind: 'link', linksHome: row.domain_id, slug })
  return toLink({ ...row, hostname, owner_id: domainId }, tags)
}

/**
 * Deletes a link.
 *
 * @throws {AppError} `link_not_found`
 */
export async function deleteLink(workspaceId: string, id: string, writing: Writing): Promise<void> {
  await lockWorkspace(workspaceId, writing)
  await getLink(workspaceId, id, writing.trx)
  const deleted = await writing.trx
    .deleteFrom('links')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returning(['domain_id', 'slug'])
    .executeTakeFirst()
  if (deleted === undefined) throw linkNotFound()
  await noteDeletedLinks([id], writing)
  await countDown(workspaceId, 'link_count', 1, writing)
  writing.announce({ kind: 'link', linksHome: deleted.domain_id, slug: deleted.slug })
}

type LinkWithOwner = LinkRow & {
  readonly hostname: string
  /** The domain whose link it is; `domain_id` is its `links_home`. */
  readonly owner_id: string
}

// Without those of deleted domains, which housekeeping deletes bit by bit.
function selectLinks(
  workspaceId: string,
  db: Kysely<Tables>,
): SelectQueryBuilder<Tables, 'links' | 'domains', LinkWithOwner> {
  return db
    .selectFrom('links')
    .innerJoin('domains', (join) => join.on('links.domain_id', '=', LINKS_HOME))
    .selectAll('links')
    .select(['domains.hostname', 'domains.id as owner_id'])
    .where('links.workspace_id', '=', workspaceId)
    .where('domains.deleted_at', 'is', null)
}

function containsText(text: string, engine: Engine) {
  const lowered = text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
  // Why escaped: `%` and `_` in the text mean themselves.
  const pattern = `%${lowered.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  // Why a collation: without it PostgreSQL lowers what the database's locale knows, SQLite A to Z.
  const collation = engine === 'postgres' ? sql`collate "C"` : sql``
  return sql<boolean>`(lower(links.slug ${collation}) like ${pattern} escape '\\'
    or lower(links.destination ${collation}) like ${pattern} escape '\\'
    or lower(links.title ${collation}) like ${pattern} escape '\\')`
}

// Why `in`: an expiry or a title that is there but undefined is cleared.
function changedColumns(change: LinkChange): Partial<LinkRow> {
  const { destination, redirectStatus, isDisabled } = change
  return {
    ...(destination !== undefined && { destination }),
    ...(redirectStatus !== undefined && { redirect_status: redirectStatus }),
    ...('expiresAt' in change && { expires_at: change.expiresAt ?? null }),
    ...(isDisabled !== undefined && { is_disabled: isDisabled ? 1 : 0 }),
    ...('title' in change && { title: change.title ?? null }),
  }
}

function refuseLoop(destination: Destination, place: LinkPlace, slug: Slug): void {
  // Why all of them: each leads to the destination, and so back to the same link.
  if (!place.shownOn.some((hostname) => isOwnAddress(destination, hostname, slug))) return
  throw new AppError(
    'destination_loops',
    'The destination is the link itself, so a visitor would go round in a circle.',
    { facts: { hostname: place.hostname, slug } },
  )
}

function linkNotFound(): AppError {
  return new AppError('link_not_found', 'The workspace has no link with this id.')
}

function toLink(row: LinkWithOwner, tags: readonly string[]): Link {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    domainId: row.owner_id,
    hostname: row.hostname as Hostname,
    slug: row.slug as Slug,
    destination: row.destination as Destination,
    redirectStatus: isRedirectStatus(row.redirect_status)
      ? row.redirect_status
      : REDIRECT_STATUS_DEFAULT,
    expiresAt: row.expires_at ?? undefined,
    isDisabled: row.is_disabled === 1,
    title: row.title ?? undefined,
    tags: tags.toSorted(),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
