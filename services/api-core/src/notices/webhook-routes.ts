import { Type } from 'typebox'
import { parseDestination } from '@fingerpost/model/destination'
import { AppError } from '@fingerpost/model/errors'
import { inTransaction, type WriteDeps } from '../database/transaction.ts'
import { workspaceIdOf } from '../http/access.ts'
import { createOnce } from '../http/idempotency.ts'
import { PAGE_QUERY, pageJson, readPage } from '../http/paging.ts'
import { CREATE_HEADERS, needsScope, WORKSPACE_PATH, type ApiInstance } from '../http/route.ts'
import { answer, closed, NO_BODY, NOTHING, PROBLEM_RESPONSE, ref } from '../http/schema.ts'
import { lockWorkspace } from '../workspaces/workspace-store.ts'
import {
  changeWebhook,
  createWebhook,
  deleteReceiver,
  getReceiver,
  listReceivers,
  rotateSecret,
  type ReceiverKey,
} from './receiver-store.ts'
import {
  WEBHOOK,
  WEBHOOK_CREATE,
  WEBHOOK_PAGE,
  WEBHOOK_UPDATE,
  WEBHOOK_WITH_SECRET,
  webhookJson,
} from './webhook-schema.ts'

/** Longest URL of a webhook. */
export const WEBHOOK_URL_LENGTH_MAX = 2_048

const TAGS = ['notices']
const PATH = Type.Object({ ...WORKSPACE_PATH, webhook_id: Type.String() })
const ONE = '/v1/workspaces/:workspace_id/webhooks/:webhook_id'

/** Adds the routes of webhooks. */
export function webhookRoutes(app: ApiInstance, deps: WriteDeps): void {
  addCreate(app, deps)
  addReads(app, deps)
  addChanges(app, deps)
  addRotate(app, deps)
}

function addCreate(app: ApiInstance, deps: WriteDeps): void {
  app.post(
    '/v1/workspaces/:workspace_id/webhooks',
    {
      config: needsScope('notices:write'),
      schema: {
        operationId: 'createWebhook',
        tags: TAGS,
        summary: 'Have notices sent to a URL; the secret that signs them is shown once',
        params: Type.Object(WORKSPACE_PATH),
        headers: CREATE_HEADERS,
        querystring: closed({}),
        body: ref(WEBHOOK_CREATE),
        response: {
          201: answer(WEBHOOK_WITH_SECRET, 'The webhook, with its secret.'),
          default: PROBLEM_RESPONSE,
        },
      },
    },
    (request, reply) => {
      const owner = workspaceIdOf(request)
      const input = { url: readUrl(request.body.url), events: request.body.events ?? [] }
      return createOnce(
        {
          request,
          reply,
          owner,
          keepsAnswer: false,
          lock: (writing) => lockWorkspace(owner, writing),
          create: async (writing) => {
            const { webhook, secret } = await createWebhook(owner, input, writing)
            return { ...webhookJson(webhook), secret }
          },
        },
        deps,
      )
    },
  )
}

function addReads(app: ApiInstance, deps: WriteDeps): void {
  app.get(
    '/v1/workspaces/:workspace_id/webhooks',
    {
      config: needsScope('notices:read'),
      schema: {
        operationId: 'listWebhooks',
        tags: TAGS,
        summary: 'List the webhooks, without their secrets, the newest first',
        params: Type.Object(WORKSPACE_PATH),
        querystring: closed(PAGE_QUERY),
        response: { 200: answer(WEBHOOK_PAGE, 'A page of webhooks.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const page = readPage(request.query)
      const workspaceId = workspaceIdOf(request)
      return pageJson(
        await listReceivers(workspaceId, 'webhook', page, deps.storage.db),
        webhookJson,
      )
    },
  )
  app.get(
    ONE,
    {
      config: needsScope('notices:read'),
      schema: {
        operationId: 'getWebhook',
        tags: TAGS,
        summary: 'Get a webhook, without its secret',
        params: PATH,
        querystring: closed({}),
        response: { 200: answer(WEBHOOK, 'The webhook.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const key = keyOf(workspaceIdOf(request), request.params.webhook_id)
      return webhookJson(await getReceiver(key, deps.storage.db))
    },
  )
}

function addChanges(app: ApiInstance, deps: WriteDeps): void {
  app.patch(
    ONE,
    {
      config: needsScope('notices:write'),
      schema: {
        operationId: 'updateWebhook',
        tags: TAGS,
        summary: 'Change a webhook, or enable it again; what is absent stays',
        params: PATH,
        querystring: closed({}),
        body: ref(WEBHOOK_UPDATE),
        response: { 200: answer(WEBHOOK, 'The webhook.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const key = keyOf(workspaceIdOf(request), request.params.webhook_id)
      const { url, events, is_enabled: isEnabled } = request.body
      const change = { url: url === undefined ? undefined : readUrl(url), events, isEnabled }
      return webhookJson(
        await inTransaction((writing) => changeWebhook(key, change, writing), deps),
      )
    },
  )
  app.delete(
    ONE,
    {
      config: needsScope('notices:write'),
      schema: {
        operationId: 'deleteWebhook',
        tags: TAGS,
        summary: 'Delete a webhook, with what waits for it',
        params: PATH,
        querystring: closed({}),
        response: { 204: NOTHING, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const key = keyOf(workspaceIdOf(request), request.params.webhook_id)
      await inTransaction((writing) => deleteReceiver(key, writing), deps)
      return reply.code(204).send(null)
    },
  )
}

function addRotate(app: ApiInstance, deps: WriteDeps): void {
  app.post(
    `${ONE}/rotate`,
    {
      config: needsScope('notices:write'),
      schema: {
        operationId: 'rotateWebhookSecret',
        tags: TAGS,
        summary: 'Give a webhook a new secret; the old one signs nothing from then on',
        params: PATH,
        querystring: closed({}),
        body: NO_BODY,
        response: {
          200: answer(WEBHOOK_WITH_SECRET, 'The webhook, with its new secret.'),
          default: PROBLEM_RESPONSE,
        },
      },
    },
    async (request) => {
      const key = keyOf(workspaceIdOf(request), request.params.webhook_id)
      const { webhook, secret } = await inTransaction((writing) => rotateSecret(key, writing), deps)
      return { ...webhookJson(webhook), secret }
    },
  )
}

function keyOf(workspaceId: string, id: string): ReceiverKey {
  return { workspaceId, kind: 'webhook', id }
}

/**
 * Reads where a webhook is. Whether it may be reached is decided at each delivery,
 * by the addresses that its name has then.
 *
 * @throws {AppError} `webhook_url_invalid`
 */
function readUrl(text: string): string {
  const refuse = (problem: string, message: string): AppError =>
    new AppError('webhook_url_invalid', message, { facts: { problem } })
  const parsed = parseDestination(text)
  if (!parsed.ok) throw refuse(parsed.problem, parsed.message.replace('Destination', 'Webhook URL'))
  if (parsed.destination.length > WEBHOOK_URL_LENGTH_MAX) {
    throw refuse('too_long', `The URL is longer than ${WEBHOOK_URL_LENGTH_MAX} octets.`)
  }
  const url = new URL(parsed.destination)
  url.hash = ''
  return url.href
}
