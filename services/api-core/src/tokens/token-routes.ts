import { Type } from 'typebox'
import type { FastifyRequest } from 'fastify'
import { AppError } from '@fingerpost/model/errors'
import { inTransaction, type WriteDeps } from '../database/transaction.ts'
import { workspaceIdOf } from '../http/access.ts'
import { createOnce } from '../http/idempotency.ts'
import { PAGE_QUERY, pageJson, readPage } from '../http/paging.ts'
import { CREATE_HEADERS, needsScope, WORKSPACE_PATH, type ApiInstance } from '../http/route.ts'
import { answer, closed, NOTHING, PROBLEM_RESPONSE, ref } from '../http/schema.ts'
import { lockWorkspace } from '../workspaces/workspace-store.ts'
import type { Scope } from './scopes.ts'
import { TOKEN_CREATE, TOKEN_CREATED, TOKEN_PAGE, tokenJson } from './token-schema.ts'
import { createToken, deleteToken, listTokens } from './token-store.ts'

/** Adds the routes of tokens. */
export function tokenRoutes(app: ApiInstance, deps: WriteDeps): void {
  addCreate(app, deps)
  addOthers(app, deps)
}

function addCreate(app: ApiInstance, deps: WriteDeps): void {
  app.post(
    '/v1/workspaces/:workspace_id/tokens',
    {
      config: needsScope('tokens:write'),
      schema: {
        operationId: 'createToken',
        tags: ['tokens'],
        summary: 'Make a token; its text is shown once',
        params: Type.Object(WORKSPACE_PATH),
        headers: CREATE_HEADERS,
        querystring: closed({}),
        body: ref(TOKEN_CREATE),
        response: {
          201: answer(TOKEN_CREATED, 'The token, with its text.'),
          default: PROBLEM_RESPONSE,
        },
      },
    },
    (request, reply) => {
      const owner = workspaceIdOf(request)
      refuseWiderScopes(request, request.body.scopes)
      return createOnce(
        {
          request,
          reply,
          owner,
          keepsAnswer: false,
          lock: (writing) => lockWorkspace(owner, writing),
          create: async (writing) => {
            const { token, text } = await createToken(owner, request.body, writing)
            return { ...tokenJson(token), token: text }
          },
        },
        deps,
      )
    },
  )
}

function addOthers(app: ApiInstance, deps: WriteDeps): void {
  app.get(
    '/v1/workspaces/:workspace_id/tokens',
    {
      config: needsScope('tokens:write'),
      schema: {
        operationId: 'listTokens',
        tags: ['tokens'],
        summary: 'List the tokens, without their texts, the newest first',
        params: Type.Object(WORKSPACE_PATH),
        querystring: closed(PAGE_QUERY),
        response: { 200: answer(TOKEN_PAGE, 'A page of tokens.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const page = readPage(request.query)
      return pageJson(await listTokens(workspaceIdOf(request), page, deps.storage.db), tokenJson)
    },
  )

  app.delete(
    '/v1/workspaces/:workspace_id/tokens/:token_id',
    {
      config: needsScope('tokens:write'),
      schema: {
        operationId: 'deleteToken',
        tags: ['tokens'],
        summary: 'Delete a token; it opens nothing from then on',
        params: Type.Object({ ...WORKSPACE_PATH, token_id: Type.String() }),
        querystring: closed({}),
        response: { 204: NOTHING, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const workspaceId = workspaceIdOf(request)
      await inTransaction(
        (writing) => deleteToken(workspaceId, request.params.token_id, writing),
        deps,
      )
      return reply.code(204).send(null)
    },
  )
}

/** Keeps a token from making one that may do more than itself. */
function refuseWiderScopes(request: FastifyRequest, scopes: readonly Scope[]): void {
  if (request.actor?.kind !== 'token') return
  const own = request.actor.token.scopes
  const scope = scopes.find((wanted) => !own.includes(wanted))
  if (scope === undefined) return
  throw new AppError('scope_missing', `The token does not have the scope "${scope}" to give.`, {
    facts: { scope },
  })
}
