import { Type } from 'typebox'
import { inTransaction, type WriteDeps } from '../database/transaction.ts'
import { workspaceIdOf } from '../http/access.ts'
import { PAGE_QUERY, pageJson, readPage } from '../http/paging.ts'
import { needsScope, WORKSPACE_PATH, type ApiInstance } from '../http/route.ts'
import { answer, closed, NO_BODY, PROBLEM_RESPONSE } from '../http/schema.ts'
import { NOTICE, NOTICE_PAGE, noticeJson } from './notice-schema.ts'
import { getNotice, listNotices, replayNotice } from './sent-notice-store.ts'

const TAGS = ['notices']
const ALL = '/v1/workspaces/:workspace_id/notices'
const PATH = Type.Object({ ...WORKSPACE_PATH, notice_id: Type.String() })

/** Adds the routes of notices. */
export function noticeRoutes(app: ApiInstance, deps: WriteDeps): void {
  app.get(
    ALL,
    {
      config: needsScope('notices:read'),
      schema: {
        operationId: 'listNotices',
        tags: TAGS,
        summary: 'List the notices of the last 90 days and how they fared, the newest first',
        params: Type.Object(WORKSPACE_PATH),
        querystring: closed(PAGE_QUERY),
        response: { 200: answer(NOTICE_PAGE, 'A page of notices.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const page = readPage(request.query)
      return pageJson(await listNotices(workspaceIdOf(request), page, deps.storage.db), noticeJson)
    },
  )
  app.get(
    `${ALL}/:notice_id`,
    {
      config: needsScope('notices:read'),
      schema: {
        operationId: 'getNotice',
        tags: TAGS,
        summary: 'Get a notice and how it fared',
        params: PATH,
        querystring: closed({}),
        response: { 200: answer(NOTICE, 'The notice.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const { notice_id: id } = request.params
      return noticeJson(await getNotice(workspaceIdOf(request), id, deps.storage.db))
    },
  )
  addReplay(app, deps)
}

function addReplay(app: ApiInstance, deps: WriteDeps): void {
  app.post(
    `${ALL}/:notice_id/replay`,
    {
      config: needsScope('notices:write'),
      schema: {
        operationId: 'replayNotice',
        tags: TAGS,
        summary: 'Send a notice again to one webhook, or to all that want it; mail is sent once',
        params: PATH,
        querystring: closed({
          webhook_id: Type.Optional(
            Type.String({ maxLength: 64, description: 'The one webhook that gets it.' }),
          ),
        }),
        body: NO_BODY,
        response: { 202: answer(NOTICE, 'The notice.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const workspaceId = workspaceIdOf(request)
      const which = { id: request.params.notice_id, webhookId: request.query.webhook_id }
      const notice = await inTransaction(
        (writing) => replayNotice(workspaceId, which, writing),
        deps,
      )
      return reply.code(202).send(noticeJson(notice))
    },
  )
}
