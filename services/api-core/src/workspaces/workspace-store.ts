import type { Kysely } from 'kysely'
import { AppError } from '@fingerpost/model/errors'
import type { EpochMs } from '@fingerpost/model/time'
import { newId } from '../database/ids.ts'
import type { Tables, WorkspaceRow } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'
import { pageOf, type Page, type PageRequest } from '../http/paging.ts'

/** A tenant. */
export type Workspace = {
  readonly id: string
  readonly name: string
  readonly plan: string
  readonly createdAt: EpochMs
}

/** What a workspace can have only so many of. */
export type Countable = 'domain_count' | 'link_count' | 'token_count'

/** The most of each, in one workspace. */
export const COUNTS_MAX: Readonly<Record<Countable, number>> = {
  domain_count: 10_000,
  link_count: 1_000_000,
  token_count: 1_000,
}

/** Makes a workspace. */
export async function createWorkspace(
  input: { readonly name: string; readonly plan: string },
  { trx, now }: Writing,
): Promise<Workspace> {
  const row = { id: newId('ws'), name: input.name, plan: input.plan, created_at: now }
  await trx
    .insertInto('workspaces')
    .values({ ...row, domain_count: 0, link_count: 0, token_count: 0 })
    .execute()
  return toWorkspace(row)
}

/** Finds a workspace by its id, well-formed or not. */
export async function findWorkspace(
  id: string,
  db: Kysely<Tables>,
): Promise<Workspace | undefined> {
  const row = await db.selectFrom('workspaces').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toWorkspace(row)
}

/** Lists all workspaces, the newest first. */
export async function listWorkspaces(
  page: PageRequest,
  db: Kysely<Tables>,
): Promise<Page<Workspace>> {
  let query = db
    .selectFrom('workspaces')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  if (page.before !== undefined) query = query.where('id', '<', page.before)
  return pageOf((await query.execute()).map(toWorkspace), page.limit)
}

/**
 * Lets one transaction at a time write into a workspace; it comes before
 * anything else that the transaction writes. SQLite has one writer anyway.
 */
export async function lockWorkspace(workspaceId: string, writing: Writing): Promise<void> {
  if (writing.engine === 'sqlite') return
  await writing.trx
    .selectFrom('workspaces')
    .select('id')
    .where('id', '=', workspaceId)
    // Why no key: whoever inserts a row that refers to the workspace must not wait for it, since
    // a check does so while it holds the row of the domain that a deletion waits for.
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/**
 * Counts one more in a workspace.
 *
 * @throws {AppError} `limit_reached` when there are `COUNTS_MAX` already
 */
export async function countUp(
  workspaceId: string,
  what: Countable,
  { trx }: Writing,
): Promise<void> {
  const max = COUNTS_MAX[what]
  const counted = await trx
    .updateTable('workspaces')
    .set((eb) => ({ [what]: eb(what, '+', 1) }))
    .where('id', '=', workspaceId)
    .where(what, '<', max)
    .returning('id')
    .executeTakeFirst()
  if (counted !== undefined) return
  const word = what.replace('_count', '')
  throw new AppError('limit_reached', `The workspace has ${max} ${word}s, the most there can be.`, {
    facts: { limit: max },
  })
}

/** Counts `by` fewer in a workspace. */
export async function countDown(
  workspaceId: string,
  what: Countable,
  by: number,
  { trx }: Writing,
): Promise<void> {
  await trx
    .updateTable('workspaces')
    .set((eb) => ({ [what]: eb(what, '-', by) }))
    .where('id', '=', workspaceId)
    .execute()
}

function toWorkspace(row: Pick<WorkspaceRow, 'id' | 'name' | 'plan' | 'created_at'>): Workspace {
  return { id: row.id, name: row.name, plan: row.plan, createdAt: row.created_at }
}
