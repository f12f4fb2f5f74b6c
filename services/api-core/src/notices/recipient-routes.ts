import { Type } from 'typebox'
import { AppError } from '@fingerpost/model/errors'
import { quoted } from '@fingerpost/model/quote'
import { inTransaction, type WriteDeps } from '../database/transaction.ts'
import { workspaceIdOf } from '../http/access.ts'
import { createOnce } from '../http/idempotency.ts'
import { PAGE_QUERY, pageJson, readPage } from '../http/paging.ts'
import { CREATE_HEADERS, needsScope, WORKSPACE_PATH, type ApiInstance } from '../http/route.ts'
import { answer, closed, NOTHING, PROBLEM_RESPONSE, ref } from '../http/schema.ts'
import { parseMailAddress } from '../rules/mail-address.ts'
import { lockWorkspace } from '../workspaces/workspace-store.ts'
import { createRecipient, deleteReceiver, getReceiver, listReceivers } from './receiver-store.ts'
import { RECIPIENT, RECIPIENT_CREATE, RECIPIENT_PAGE, recipientJson } from './webhook-schema.ts'

const TAGS = ['notices']
const ALL = '/v1/workspaces/:workspace_id/notice-recipients'
const ONE = `${ALL}/:recipient_id`
const PATH = Type.Object({ ...WORKSPACE_PATH, recipient_id: Type.String() })

/** Adds the routes of the mail addresses that get notices. */
export function recipientRoutes(app: ApiInstance, deps: WriteDeps): void {
  addCreate(app, deps)
  addOthers(app, deps)
}

function addCreate(app: ApiInstance, deps: WriteDeps): void {
  app.post(
    ALL,
    {
      config: needsScope('notices:write'),
      schema: {
        operationId: 'createNoticeRecipient',
        tags: TAGS,
        summary: 'Have notices sent to a mail address',
        params: Type.Object(WORKSPACE_PATH),
        headers: CREATE_HEADERS,
        querystring: closed({}),
        body: ref(RECIPIENT_CREATE),
        response: { 201: answer(RECIPIENT, 'The recipient.'), default: PROBLEM_RESPONSE },
      },
    },
    (request, reply) => {
      const owner = workspaceIdOf(request)
      const address = readAddress(request.body.email)
      return createOnce(
        {
          request,
          reply,
          owner,
          keepsAnswer: true,
          lock: (writing) => lockWorkspace(owner, writing),
          create: async (writing) => recipientJson(await createRecipient(owner, address, writing)),
        },
        deps,
      )
    },
  )
}

function addOthers(app: ApiInstance, deps: WriteDeps): void {
  app.get(
    ALL,
    {
      config: needsScope('notices:read'),
      schema: {
        operationId: 'listNoticeRecipients',
        tags: TAGS,
        summary: 'List the mail addresses that get notices, the newest first',
        params: Type.Object(WORKSPACE_PATH),
        querystring: closed(PAGE_QUERY),
        response: {
          200: answer(RECIPIENT_PAGE, 'A page of recipients.'),
          default: PROBLEM_RESPONSE,
        },
      },
    },
    async (request) => {
      const page = readPage(request.query)
      const workspaceId = workspaceIdOf(request)
      return pageJson(
        await listReceivers(workspaceId, 'mail', page, deps.storage.db),
        recipientJson,
      )
    },
  )
  app.get(
    ONE,
    {
      config: needsScope('notices:read'),
      schema: {
        operationId: 'getNoticeRecipient',
        tags: TAGS,
        summary: 'Get a mail address that gets notices',
        params: PATH,
        querystring: closed({}),
        response: { 200: answer(RECIPIENT, 'The recipient.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const key = { workspaceId: workspaceIdOf(request), id: request.params.recipient_id }
      return recipientJson(await getReceiver({ ...key, kind: 'mail' }, deps.storage.db))
    },
  )
  app.delete(
    ONE,
    {
      config: needsScope('notices:write'),
      schema: {
        operationId: 'deleteNoticeRecipient',
        tags: TAGS,
        summary: 'Send no more notices to a mail address',
        params: PATH,
        querystring: closed({}),
        response: { 204: NOTHING, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const key = { workspaceId: workspaceIdOf(request), id: request.params.recipient_id }
      await inTransaction((writing) => deleteReceiver({ ...key, kind: 'mail' }, writing), deps)
      return reply.code(204).send(null)
    },
  )
}

/** @throws {AppError} `email_invalid` */
function readAddress(text: string): string {
  const address = parseMailAddress(text)
  if (address !== undefined) return address
  throw new AppError(
    'email_invalid',
    `${quoted(text)} is not an address that mail can be sent to; give one such as ` +
      '"ops@example.com", with the domain in A-labels.',
  )
}
