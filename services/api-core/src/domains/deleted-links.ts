import { noteDeletedLinks } from '../clicks/click-retention-store.ts'
import { linksHomeOf } from '../database/links-home.ts'
import { inTransaction, type WriteDeps, type Writing } from '../database/transaction.ts'

/**
 * Most links in one transaction: it has to end long before a query's limit, and
 * everything else of this process waits for SQLite meanwhile.
 */
export const DELETED_LINKS_BATCH = 500

/**
 * Deletes some of the links, with their tags, that deleted domains left behind;
 * tells whether there may be more. Nobody sees these links and no workspace
 * counts them any more, so it does not matter when they go.
 */
export function deleteSomeLinks(deps: WriteDeps): Promise<boolean> {
  return inTransaction(deleteBatch, deps)
}

async function deleteBatch(writing: Writing): Promise<boolean> {
  const { trx, engine } = writing
  const domains = trx
    .selectFrom('domains')
    .select(['id', 'workspace_id', 'links_home'])
    .where('has_deleted_links', '=', 1)
    .limit(1)
  // Why skipped: another instance is at that one; together they would only wait.
  const domain = await (
    engine === 'postgres' ? domains.forUpdate().skipLocked() : domains
  ).executeTakeFirst()
  if (domain === undefined) return false
  const links = trx
    .selectFrom('links')
    .select('id')
    .where('workspace_id', '=', domain.workspace_id)
    .where('domain_id', '=', linksHomeOf(domain))
    .limit(DELETED_LINKS_BATCH)
  const deleted = await trx.deleteFrom('links').where('id', 'in', links).returning('id').execute()
  await noteDeletedLinks(
    deleted.map((link) => link.id),
    writing,
  )
  if (deleted.length === DELETED_LINKS_BATCH) return true
  await trx
    .updateTable('domains')
    .set({ has_deleted_links: 0 })
    .where('id', '=', domain.id)
    .execute()
  // Why not over yet: another domain may have some.
  return true
}
