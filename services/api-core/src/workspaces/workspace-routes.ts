import type { WriteDeps } from '../database/transaction.ts'
import { workspaceIdOf, workspaceNotFound } from '../http/access.ts'
import { createOnce, OPERATOR_OWNER } from '../http/idempotency.ts'
import { PAGE_QUERY, pageJson, readPage } from '../http/paging.ts'
import { CREATE_HEADERS, type ApiInstance } from '../http/route.ts'
import { answer, closed, PROBLEM_RESPONSE, ref } from '../http/schema.ts'
import { WORKSPACE, WORKSPACE_CREATE, WORKSPACE_PAGE, workspaceJson } from './workspace-schema.ts'
import { createWorkspace, findWorkspace, listWorkspaces } from './workspace-store.ts'

const PLAN_DEFAULT = 'standard'

/** Adds the routes of workspaces. */
export function workspaceRoutes(app: ApiInstance, deps: WriteDeps): void {
  const { db } = deps.storage

  app.post(
    '/v1/workspaces',
    {
      config: { access: { kind: 'operator' } },
      schema: {
        operationId: 'createWorkspace',
        tags: ['workspaces'],
        summary: 'Make a workspace (operator)',
        headers: CREATE_HEADERS,
        querystring: closed({}),
        body: ref(WORKSPACE_CREATE),
        response: { 201: answer(WORKSPACE, 'The workspace.'), default: PROBLEM_RESPONSE },
      },
    },
    (request, reply) => {
      const { name, plan = PLAN_DEFAULT } = request.body
      return createOnce(
        {
          request,
          reply,
          owner: OPERATOR_OWNER,
          keepsAnswer: true,
          lock: async () => {},
          create: async (writing) => workspaceJson(await createWorkspace({ name, plan }, writing)),
        },
        deps,
      )
    },
  )

  app.get(
    '/v1/workspaces',
    {
      config: { access: { kind: 'operator' } },
      schema: {
        operationId: 'listWorkspaces',
        tags: ['workspaces'],
        summary: 'List all workspaces, the newest first (operator)',
        querystring: closed(PAGE_QUERY),
        response: {
          200: answer(WORKSPACE_PAGE, 'A page of workspaces.'),
          default: PROBLEM_RESPONSE,
        },
      },
    },
    async (request) => pageJson(await listWorkspaces(readPage(request.query), db), workspaceJson),
  )

  app.get(
    '/v1/workspaces/:workspace_id',
    {
      config: { access: { kind: 'workspace', scope: undefined } },
      schema: {
        operationId: 'getWorkspace',
        tags: ['workspaces'],
        summary: 'Get a workspace',
        querystring: closed({}),
        response: { 200: answer(WORKSPACE, 'The workspace.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const workspace = await findWorkspace(workspaceIdOf(request), db)
      if (workspace === undefined) throw workspaceNotFound()
      return workspaceJson(workspace)
    },
  )
}
