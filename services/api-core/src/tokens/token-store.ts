import type { Kysely } from 'kysely'
import { AppError } from '@fingerpost/model/errors'
import type { EpochMs } from '@fingerpost/model/time'
import { isId, newId } from '../database/ids.ts'
import type { Tables, TokenRow } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'
import { pageOf, type Page, type PageRequest } from '../http/paging.ts'
import { countDown, countUp, lockWorkspace } from '../workspaces/workspace-store.ts'
import { isScope, type Scope } from './scopes.ts'
import { formatToken, hashSecret, matchesHash, newTokenSecret, parseToken } from './token-text.ts'

/** A token without its secret. */
export type Token = {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: EpochMs
}

/**
 * Makes a token. Its text is given once, here; only a hash is stored.
 *
 * @throws {AppError} `limit_reached`
 */
export async function createToken(
  workspaceId: string,
  input: { readonly name: string; readonly scopes: readonly Scope[] },
  writing: Writing,
): Promise<{ readonly token: Token; readonly text: string }> {
  await countUp(workspaceId, 'token_count', writing)
  const secret = newTokenSecret()
  const row: TokenRow = {
    id: newId('tok'),
    workspace_id: workspaceId,
    name: input.name,
    secret_hash: hashSecret(secret),
    scopes_json: JSON.stringify(input.scopes),
    created_at: writing.now,
  }
  await writing.trx.insertInto('tokens').values(row).execute()
  return { token: toToken(row), text: formatToken({ id: row.id, secret }) }
}

/** Lists a workspace's tokens, the newest first. */
export async function listTokens(
  workspaceId: string,
  page: PageRequest,
  db: Kysely<Tables>,
): Promise<Page<Token>> {
  let query = db
    .selectFrom('tokens')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
  if (page.before !== undefined) query = query.where('id', '<', page.before)
  return pageOf((await query.execute()).map(toToken), page.limit)
}

/**
 * Deletes a token; it opens nothing from now on.
 *
 * @throws {AppError} `token_not_found`
 */
export async function deleteToken(
  workspaceId: string,
  id: string,
  writing: Writing,
): Promise<void> {
  await lockWorkspace(workspaceId, writing)
  const deleted = isId(id, 'tok')
    ? await writing.trx
        .deleteFrom('tokens')
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirst()
    : undefined
  if (deleted === undefined) {
    throw new AppError('token_not_found', 'The workspace has no token with this id.')
  }
  await countDown(workspaceId, 'token_count', 1, writing)
}

/** Finds the token that a text proves, or undefined when it proves none. */
export async function findTokenByText(
  text: string,
  db: Kysely<Tables>,
): Promise<Token | undefined> {
  const parts = parseToken(text)
  if (parts === undefined) return undefined
  const row = await db
    .selectFrom('tokens')
    .selectAll()
    .where('id', '=', parts.id)
    .executeTakeFirst()
  // Why compared even without a row: the time must not tell which ids exist.
  const matches = matchesHash(parts.secret, row?.secret_hash ?? HASH_OF_NOTHING)
  return row !== undefined && matches ? toToken(row) : undefined
}

const HASH_OF_NOTHING = hashSecret('')

function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    scopes: parseScopes(row.scopes_json),
    createdAt: row.created_at,
  }
}

/** Reads stored scopes; one that this version does not know opens nothing. */
function parseScopes(json: string): readonly Scope[] {
  return (JSON.parse(json) as readonly string[]).filter(isScope)
}
