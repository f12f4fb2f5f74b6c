import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { AppError } from '@fingerpost/model/errors'
import { isId } from '../database/ids.ts'
import type { Tables } from '../database/tables.ts'
import type { Scope } from '../tokens/scopes.ts'
import { findTokenByText, type Token } from '../tokens/token-store.ts'
import { hashSecret, matchesHash } from '../tokens/token-text.ts'
import { findWorkspace } from '../workspaces/workspace-store.ts'

/** Who sends a request. */
export type Actor =
  { readonly kind: 'operator' } | { readonly kind: 'token'; readonly token: Token }

/** Who may use a route: the operator only, or a workspace's tokens with a scope, too. */
export type Access =
  | { readonly kind: 'operator' }
  /** Undefined: any token of the workspace. */
  | { readonly kind: 'workspace'; readonly scope: Scope | undefined }

declare module 'fastify' {
  interface FastifyRequest {
    actor: Actor | undefined
  }
  interface FastifyContextConfig {
    access?: Access
  }
}

/**
 * Guards every route of this instance: the one place where tenants are kept
 * apart. A workspace that is not the token's own answers exactly as one that
 * does not exist. A route without `config.access` is refused at registration.
 */
export function guardRoutes(
  app: FastifyInstance,
  deps: { readonly db: Kysely<Tables>; readonly adminToken: string },
): void {
  app.decorateRequest('actor', undefined)
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) {
      throw new Error(`The route ${route.url} does not say who may use it.`)
    }
  })
  // Why before the body is read: a stranger's body is not worth reading.
  app.addHook('onRequest', async (request) => {
    request.actor = await authenticate(request, deps)
    await authorize(request, request.actor, deps.db)
  })
}

async function authenticate(
  request: FastifyRequest,
  deps: { readonly db: Kysely<Tables>; readonly adminToken: string },
): Promise<Actor> {
  const header = request.headers.authorization
  if (header === undefined) {
    throw new AppError('token_missing', 'Send a token: "Authorization: Bearer <token>".')
  }
  const text = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(header)?.[1]
  if (text === undefined) throw invalidToken()
  if (matchesHash(text, hashSecret(deps.adminToken))) return { kind: 'operator' }
  const token = await findTokenByText(text, deps.db)
  if (token === undefined) throw invalidToken()
  return { kind: 'token', token }
}

async function authorize(request: FastifyRequest, actor: Actor, db: Kysely<Tables>): Promise<void> {
  const access = request.routeOptions.config.access
  if (access?.kind !== 'workspace') {
    if (actor.kind === 'operator') return
    throw new AppError('operator_required', "This needs the operator's token.")
  }
  const workspaceId = workspaceIdOf(request)
  if (actor.kind === 'operator') {
    if ((await findWorkspace(workspaceId, db)) === undefined) throw workspaceNotFound()
    return
  }
  if (actor.token.workspaceId !== workspaceId) throw workspaceNotFound()
  if (access.scope === undefined || actor.token.scopes.includes(access.scope)) return
  throw new AppError('scope_missing', `The token does not have the scope "${access.scope}".`, {
    facts: { scope: access.scope },
  })
}

/** The workspace of a request's path; `guardRoutes` has let it pass. */
export function workspaceIdOf(request: FastifyRequest): string {
  const { workspace_id: id } = request.params as { readonly workspace_id?: string }
  return id !== undefined && isId(id, 'ws') ? id : ''
}

/** The one answer for a workspace that is not there, or not for this token. */
export function workspaceNotFound(): AppError {
  return new AppError(
    'workspace_not_found',
    'There is no such workspace, or the token does not belong to it.',
  )
}

function invalidToken(): AppError {
  return new AppError('token_invalid', 'The token is not valid, or it was deleted.')
}
