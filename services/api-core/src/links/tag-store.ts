import type { Kysely } from 'kysely'
import type { Tables } from '../database/tables.ts'

type LinkKey = { readonly id: string; readonly workspace_id: string }

/** Gives a link its tags. */
export async function addTags(
  link: LinkKey,
  tags: readonly string[],
  db: Kysely<Tables>,
): Promise<void> {
  if (tags.length === 0) return
  await db
    .insertInto('link_tags')
    .values(tags.map((tag) => ({ workspace_id: link.workspace_id, link_id: link.id, tag })))
    .execute()
}

/** Gives a link these tags in place of those it has. */
export async function replaceTags(
  link: LinkKey,
  tags: readonly string[],
  db: Kysely<Tables>,
): Promise<void> {
  await db.deleteFrom('link_tags').where('link_id', '=', link.id).execute()
  await addTags(link, tags, db)
}

/** Reads the tags of some links. */
export async function readTags(
  linkIds: readonly string[],
  db: Kysely<Tables>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (linkIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('link_tags')
    .select(['link_id', 'tag'])
    .where('link_id', 'in', linkIds)
    .execute()
  return new Map(
    Map.groupBy(rows, (row) => row.link_id)
      .entries()
      .map(([id, tagged]) => [id, tagged.map((row) => row.tag)]),
  )
}
