import { Type } from 'typebox'
import { inTransaction, type Writing } from '../database/transaction.ts'
import { workspaceIdOf } from '../http/access.ts'
import { createOnce } from '../http/idempotency.ts'
import { PAGE_QUERY, pageJson, readPage } from '../http/paging.ts'
import { CREATE_HEADERS, needsScope, WORKSPACE_PATH, type ApiInstance } from '../http/route.ts'
import { answer, closed, NOTHING, PROBLEM_RESPONSE, ref } from '../http/schema.ts'
import { WAIT_QUERY, writeAndWait, type WaitDeps } from '../http/wait.ts'
import { lockWorkspace } from '../workspaces/workspace-store.ts'
import {
  addMember,
  changeGroup,
  createGroup,
  deleteGroup,
  removeMember,
} from './group-changes-store.ts'
import {
  GROUP,
  GROUP_CREATE,
  GROUP_MEMBER_ADD,
  GROUP_PAGE,
  GROUP_UPDATE,
  groupJson,
} from './group-schema.ts'
import { getGroup, listGroups } from './group-store.ts'

const TAGS = ['domain groups']
const PATH = Type.Object({ ...WORKSPACE_PATH, group_id: Type.String() })
const MEMBER_PATH = Type.Object({
  ...WORKSPACE_PATH,
  group_id: Type.String(),
  domain_id: Type.String(),
})

/** Adds the routes of domain groups. */
export function groupRoutes(app: ApiInstance, deps: WaitDeps): void {
  addCreate(app, deps)
  addReads(app, deps)
  addChanges(app, deps)
  addMembers(app, deps)
}

function addCreate(app: ApiInstance, deps: WaitDeps): void {
  app.post(
    '/v1/workspaces/:workspace_id/domain-groups',
    {
      config: needsScope('domains:write'),
      schema: {
        operationId: 'createDomainGroup',
        tags: TAGS,
        summary: 'Make a group of domains that show the links of one of them',
        params: Type.Object(WORKSPACE_PATH),
        headers: CREATE_HEADERS,
        querystring: WAIT_QUERY,
        body: ref(GROUP_CREATE),
        response: { 201: answer(GROUP, 'The domain group.'), default: PROBLEM_RESPONSE },
      },
    },
    (request, reply) => {
      const owner = workspaceIdOf(request)
      const { name, alternates, primary_domain_id: primaryDomainId } = request.body
      const { alternate_domain_ids: alternateDomainIds = [] } = request.body
      const input = { name, alternates, primaryDomainId, alternateDomainIds }
      const once = {
        request,
        reply,
        owner,
        keepsAnswer: true,
        lock: (writing: Writing) => lockWorkspace(owner, writing),
        create: async (writing: Writing) => {
          const id = await createGroup(owner, input, writing)
          return groupJson(await getGroup(owner, id, writing.now, writing.trx))
        },
      }
      return writeAndWait(request, deps, (write) => createOnce(once, write))
    },
  )
}

function addReads(app: ApiInstance, deps: WaitDeps): void {
  const { clock, storage } = deps
  app.get(
    '/v1/workspaces/:workspace_id/domain-groups',
    {
      config: needsScope('domains:read'),
      schema: {
        operationId: 'listDomainGroups',
        tags: TAGS,
        summary: 'List the domain groups, the newest first',
        params: Type.Object(WORKSPACE_PATH),
        querystring: closed(PAGE_QUERY),
        response: { 200: answer(GROUP_PAGE, 'A page of groups.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const page = readPage(request.query)
      const groups = await listGroups(workspaceIdOf(request), page, clock.now(), storage.db)
      return pageJson(groups, groupJson)
    },
  )
  app.get(
    '/v1/workspaces/:workspace_id/domain-groups/:group_id',
    {
      config: needsScope('domains:read'),
      schema: {
        operationId: 'getDomainGroup',
        tags: TAGS,
        summary: 'Get a domain group',
        params: PATH,
        querystring: closed({}),
        response: { 200: answer(GROUP, 'The domain group.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const { group_id: id } = request.params
      return groupJson(await getGroup(workspaceIdOf(request), id, clock.now(), storage.db))
    },
  )
}

function addChanges(app: ApiInstance, deps: WaitDeps): void {
  app.patch(
    '/v1/workspaces/:workspace_id/domain-groups/:group_id',
    {
      config: needsScope('domains:write'),
      schema: {
        operationId: 'updateDomainGroup',
        tags: TAGS,
        summary: 'Change the name, the primary, or what the alternates do',
        params: PATH,
        querystring: WAIT_QUERY,
        body: ref(GROUP_UPDATE),
        response: { 200: answer(GROUP, 'The domain group.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const workspaceId = workspaceIdOf(request)
      const { group_id: id } = request.params
      const { name, alternates, primary_domain_id: primaryDomainId } = request.body
      const group = await writeAndWait(request, deps, (write) =>
        inTransaction(async (writing) => {
          await changeGroup(workspaceId, id, { name, alternates, primaryDomainId }, writing)
          return getGroup(workspaceId, id, writing.now, writing.trx)
        }, write),
      )
      return groupJson(group)
    },
  )
  app.delete(
    '/v1/workspaces/:workspace_id/domain-groups/:group_id',
    {
      config: needsScope('domains:write'),
      schema: {
        operationId: 'deleteDomainGroup',
        tags: TAGS,
        summary: 'Delete a domain group; its domains stay, with their own links',
        params: PATH,
        querystring: WAIT_QUERY,
        response: { 204: NOTHING, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const workspaceId = workspaceIdOf(request)
      const { group_id: id } = request.params
      await writeAndWait(request, deps, (write) =>
        inTransaction((writing) => deleteGroup(workspaceId, id, writing), write),
      )
      return reply.code(204).send(null)
    },
  )
}

function addMembers(app: ApiInstance, deps: WaitDeps): void {
  app.post(
    '/v1/workspaces/:workspace_id/domain-groups/:group_id/domains',
    {
      config: needsScope('domains:write'),
      schema: {
        operationId: 'addDomainToGroup',
        tags: TAGS,
        summary: 'Take a domain into a group as an alternate; its own links rest meanwhile',
        params: PATH,
        querystring: WAIT_QUERY,
        body: ref(GROUP_MEMBER_ADD),
        response: { 200: answer(GROUP, 'The domain group.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const workspaceId = workspaceIdOf(request)
      const { group_id: groupId } = request.params
      const { domain_id: domainId } = request.body
      const group = await writeAndWait(request, deps, (write) =>
        inTransaction(async (writing) => {
          await addMember(workspaceId, { groupId, domainId }, writing)
          return getGroup(workspaceId, groupId, writing.now, writing.trx)
        }, write),
      )
      return groupJson(group)
    },
  )
  app.delete(
    '/v1/workspaces/:workspace_id/domain-groups/:group_id/domains/:domain_id',
    {
      config: needsScope('domains:write'),
      schema: {
        operationId: 'removeDomainFromGroup',
        tags: TAGS,
        summary: 'Take an alternate out of its group; it shows its own links again',
        params: MEMBER_PATH,
        querystring: WAIT_QUERY,
        response: { 204: NOTHING, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const workspaceId = workspaceIdOf(request)
      const { group_id: groupId, domain_id: domainId } = request.params
      await writeAndWait(request, deps, (write) =>
        inTransaction(
          (writing) => removeMember(workspaceId, { groupId, domainId }, writing),
          write,
        ),
      )
      return reply.code(204).send(null)
    },
  )
}
