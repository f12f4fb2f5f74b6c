import { Type, type Static } from 'typebox'
import { REDIRECT_STATUS_DEFAULT } from '@fingerpost/model/link'
import { inTransaction, type Writing } from '../database/transaction.ts'
import { workspaceIdOf } from '../http/access.ts'
import { createOnce } from '../http/idempotency.ts'
import { PAGE_QUERY, pageJson, readPage } from '../http/paging.ts'
import { CREATE_HEADERS, needsScope, WORKSPACE_PATH, type ApiInstance } from '../http/route.ts'
import { answer, closed, NOTHING, PROBLEM_RESPONSE, ref, text } from '../http/schema.ts'
import { readDestination, readInstant, readSlug } from '../http/values.ts'
import { WAIT_QUERY, writeAndWait, type WaitDeps } from '../http/wait.ts'
import { lockWorkspace } from '../workspaces/workspace-store.ts'
import {
  LINK,
  LINK_CREATE,
  LINK_PAGE,
  LINK_UPDATE,
  linkJson,
  TAG_LENGTH_MAX,
} from './link-schema.ts'
import {
  changeLink,
  createLink,
  deleteLink,
  getLink,
  listLinks,
  type LinkChange,
  type NewLink,
} from './link-store.ts'

const TAGS = ['links']
const PATH = Type.Object({ ...WORKSPACE_PATH, link_id: Type.String() })

/** Adds the routes of links. */
export function linkRoutes(app: ApiInstance, deps: WaitDeps): void {
  addCreate(app, deps)
  addReads(app, deps)
  addChanges(app, deps)
}

function addCreate(app: ApiInstance, deps: WaitDeps): void {
  app.post(
    '/v1/workspaces/:workspace_id/links',
    {
      config: needsScope('links:write'),
      schema: {
        operationId: 'createLink',
        tags: TAGS,
        summary: 'Make a link',
        params: Type.Object(WORKSPACE_PATH),
        headers: CREATE_HEADERS,
        querystring: WAIT_QUERY,
        body: ref(LINK_CREATE),
        response: { 201: answer(LINK, 'The link.'), default: PROBLEM_RESPONSE },
      },
    },
    (request, reply) => {
      const owner = workspaceIdOf(request)
      const input = readNewLink(request.body)
      const once = {
        request,
        reply,
        owner,
        keepsAnswer: true,
        lock: (writing: Writing) => lockWorkspace(owner, writing),
        create: async (writing: Writing) => linkJson(await createLink(owner, input, writing)),
      }
      return writeAndWait(request, deps, (write) => createOnce(once, write))
    },
  )
}

function addReads(app: ApiInstance, deps: WaitDeps): void {
  const { db } = deps.storage
  app.get(
    '/v1/workspaces/:workspace_id/links',
    {
      config: needsScope('links:read'),
      schema: {
        operationId: 'listLinks',
        tags: TAGS,
        summary: 'List the links, the newest first',
        params: Type.Object(WORKSPACE_PATH),
        querystring: closed({
          ...PAGE_QUERY,
          q: Type.Optional({
            ...text({ minLength: 1, maxLength: 200 }),
            description:
              'A part of the slug, the destination or the title. The letters A to Z are compared ' +
              'without regard to case, all other characters exactly.',
          }),
          domain_id: Type.Optional(text({ minLength: 1, maxLength: 64 })),
          tag: Type.Optional(text({ minLength: 1, maxLength: TAG_LENGTH_MAX })),
        }),
        response: { 200: answer(LINK_PAGE, 'A page of links.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const { q, domain_id: domainId, tag } = request.query
      const filter = { text: q, domainId, tag }
      const page = readPage(request.query)
      const links = await listLinks(workspaceIdOf(request), filter, page, deps.storage)
      return pageJson(links, linkJson)
    },
  )
  app.get(
    '/v1/workspaces/:workspace_id/links/:link_id',
    {
      config: needsScope('links:read'),
      schema: {
        operationId: 'getLink',
        tags: TAGS,
        summary: 'Get a link',
        params: PATH,
        querystring: closed({}),
        response: { 200: answer(LINK, 'The link.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => linkJson(await getLink(workspaceIdOf(request), request.params.link_id, db)),
  )
}

function addChanges(app: ApiInstance, deps: WaitDeps): void {
  app.patch(
    '/v1/workspaces/:workspace_id/links/:link_id',
    {
      config: needsScope('links:write'),
      schema: {
        operationId: 'updateLink',
        tags: TAGS,
        summary: 'Change a link; what is absent stays',
        params: PATH,
        querystring: WAIT_QUERY,
        body: ref(LINK_UPDATE),
        response: { 200: answer(LINK, 'The link.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const workspaceId = workspaceIdOf(request)
      const { link_id: id } = request.params
      const change = readLinkChange(request.body)
      const link = await writeAndWait(request, deps, (write) =>
        inTransaction((writing) => changeLink(workspaceId, id, change, writing), write),
      )
      return linkJson(link)
    },
  )
  app.delete(
    '/v1/workspaces/:workspace_id/links/:link_id',
    {
      config: needsScope('links:write'),
      schema: {
        operationId: 'deleteLink',
        tags: TAGS,
        summary: 'Delete a link',
        params: PATH,
        querystring: WAIT_QUERY,
        response: { 204: NOTHING, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const workspaceId = workspaceIdOf(request)
      const { link_id: id } = request.params
      await writeAndWait(request, deps, (write) =>
        inTransaction((writing) => deleteLink(workspaceId, id, writing), write),
      )
      return reply.code(204).send(null)
    },
  )
}

function readNewLink(body: Static<typeof LINK_CREATE>): NewLink {
  return {
    domainId: body.domain_id,
    slug: body.slug === undefined ? undefined : readSlug(body.slug),
    destination: readDestination(body.destination_url),
    redirectStatus: body.redirect_status ?? REDIRECT_STATUS_DEFAULT,
    expiresAt: readExpiry(body.expires_at),
    isDisabled: body.disabled ?? false,
    title: body.title ?? undefined,
    tags: body.tags ?? [],
  }
}

function readLinkChange(body: Static<typeof LINK_UPDATE>): LinkChange {
  const { destination_url: url, redirect_status: redirectStatus, disabled, title, tags } = body
  return {
    ...(url !== undefined && { destination: readDestination(url) }),
    ...(redirectStatus !== undefined && { redirectStatus }),
    ...(body.expires_at !== undefined && { expiresAt: readExpiry(body.expires_at) }),
    ...(disabled !== undefined && { isDisabled: disabled }),
    ...(title !== undefined && { title: title ?? undefined }),
    ...(tags !== undefined && { tags }),
  }
}

function readExpiry(instant: string | null | undefined): number | undefined {
  return typeof instant === 'string' ? readInstant('expires_at', instant) : undefined
}
