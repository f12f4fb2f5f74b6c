import type { Kysely } from 'kysely'
import { Type, type Static } from 'typebox'
import type { Destination } from '@fingerpost/model/destination'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import type { Tables } from '../database/tables.ts'
import { inTransaction, type Writing } from '../database/transaction.ts'
import { listEvents } from '../events/event-store.ts'
import { workspaceIdOf } from '../http/access.ts'
import { createOnce } from '../http/idempotency.ts'
import { PAGE_QUERY, pageJson, readPage } from '../http/paging.ts'
import { CREATE_HEADERS, needsScope, WORKSPACE_PATH, type ApiInstance } from '../http/route.ts'
import { answer, closed, NO_BODY, NOTHING, PROBLEM_RESPONSE, ref, word } from '../http/schema.ts'
import { readDestination, readHostname } from '../http/values.ts'
import { WAIT_QUERY, writeAndWait, type WaitDeps } from '../http/wait.ts'
import type { RecordNaming } from '../rules/domain-records.ts'
import { lockWorkspace } from '../workspaces/workspace-store.ts'
import { diagnosisRoutes } from './diagnosis-routes.ts'
import { readContexts } from './domain-context.ts'
import { domainJson, eventJson } from './domain-json.ts'
import {
  DOMAIN,
  DOMAIN_CREATE,
  DOMAIN_EVENT_PAGE,
  DOMAIN_PAGE,
  DOMAIN_UPDATE,
} from './domain-schema.ts'
import type { Domain } from './domain.ts'
import {
  changeDomain,
  createDomain,
  deleteDomain,
  getDomain,
  listDomains,
  requestCheck,
} from './domain-store.ts'

const TIER_DEFAULT = 'standard'
const TAGS = ['domains']
const PATH = Type.Object({ ...WORKSPACE_PATH, domain_id: Type.String() })

/** What the routes of domains need. */
export type DomainDeps = WaitDeps & { readonly naming: RecordNaming }

/** Adds the routes of domains. */
export function domainRoutes(app: ApiInstance, deps: DomainDeps): void {
  addCreate(app, deps)
  addReads(app, deps)
  addChanges(app, deps)
  addEvents(app, deps)
  diagnosisRoutes(app, deps)
}

function addCreate(app: ApiInstance, deps: DomainDeps): void {
  const { naming } = deps
  app.post(
    '/v1/workspaces/:workspace_id/domains',
    {
      config: needsScope('domains:write'),
      schema: {
        operationId: 'createDomain',
        tags: TAGS,
        summary: 'Add a domain',
        description:
          'The answer names the two DNS records to publish. A name under "localhost" is served ' +
          'at once.',
        params: Type.Object(WORKSPACE_PATH),
        headers: CREATE_HEADERS,
        querystring: WAIT_QUERY,
        body: ref(DOMAIN_CREATE),
        response: { 201: answer(DOMAIN, 'The domain.'), default: PROBLEM_RESPONSE },
      },
    },
    (request, reply) => {
      const owner = workspaceIdOf(request)
      const hostname = readHostname(request.body.hostname, naming.publicTarget)
      const { tier = TIER_DEFAULT } = request.body
      const once = {
        request,
        reply,
        owner,
        keepsAnswer: true,
        lock: (writing: Writing) => lockWorkspace(owner, writing),
        create: async (writing: Writing) =>
          describe(await createDomain(owner, { hostname, tier }, writing), writing.trx, deps),
      }
      return writeAndWait(request, deps, (write) => createOnce(once, write))
    },
  )
}

function addReads(app: ApiInstance, deps: DomainDeps): void {
  const { naming, storage, clock } = deps
  app.get(
    '/v1/workspaces/:workspace_id/domains',
    {
      config: needsScope('domains:read'),
      schema: {
        operationId: 'listDomains',
        tags: TAGS,
        summary: 'List the domains, the newest first',
        params: Type.Object(WORKSPACE_PATH),
        querystring: closed({ ...PAGE_QUERY, status: Type.Optional(word(DOMAIN_STATUS_NAMES)) }),
        response: { 200: answer(DOMAIN_PAGE, 'A page of domains.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const filter = { status: request.query.status }
      const page = readPage(request.query)
      const domains = await listDomains(workspaceIdOf(request), filter, page, storage.db)
      const { db } = storage
      const contextOf = await readContexts(domains.items, naming, { db, now: clock.now() })
      return pageJson(domains, (domain) => domainJson(domain, contextOf(domain)))
    },
  )
  app.get(
    '/v1/workspaces/:workspace_id/domains/:domain_id',
    {
      config: needsScope('domains:read'),
      schema: {
        operationId: 'getDomain',
        tags: TAGS,
        summary: 'Get a domain',
        params: PATH,
        querystring: closed({}),
        response: { 200: answer(DOMAIN, 'The domain.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const { domain_id: id } = request.params
      const domain = await getDomain(workspaceIdOf(request), id, storage.db)
      return describe(domain, storage.db, deps)
    },
  )
}

function addChanges(app: ApiInstance, deps: DomainDeps): void {
  app.patch(
    '/v1/workspaces/:workspace_id/domains/:domain_id',
    {
      config: needsScope('domains:write'),
      schema: {
        operationId: 'updateDomain',
        tags: TAGS,
        summary: 'Change the settings of a domain; what is absent stays, null clears',
        params: PATH,
        querystring: WAIT_QUERY,
        body: ref(DOMAIN_UPDATE),
        response: { 200: answer(DOMAIN, 'The domain.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const workspaceId = workspaceIdOf(request)
      const { domain_id: id } = request.params
      const change = {
        rootUrl: readOptionalUrl(request.body.root_redirect_url),
        notFoundUrl: readOptionalUrl(request.body.not_found_redirect_url),
        honoursPrivacySignals: request.body.honours_privacy_signals,
      }
      const domain = await writeAndWait(request, deps, (write) =>
        inTransaction((writing) => changeDomain(workspaceId, id, change, writing), write),
      )
      return describe(domain, deps.storage.db, deps)
    },
  )
  app.delete(
    '/v1/workspaces/:workspace_id/domains/:domain_id',
    {
      config: needsScope('domains:write'),
      schema: {
        operationId: 'deleteDomain',
        tags: TAGS,
        summary: 'Delete a domain with its links',
        params: PATH,
        querystring: WAIT_QUERY,
        response: { 204: NOTHING, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const workspaceId = workspaceIdOf(request)
      const { domain_id: id } = request.params
      await writeAndWait(request, deps, (write) =>
        inTransaction((writing) => deleteDomain(workspaceId, id, writing), write),
      )
      return reply.code(204).send(null)
    },
  )
}

function addEvents(app: ApiInstance, deps: DomainDeps): void {
  const { storage } = deps
  app.post(
    '/v1/workspaces/:workspace_id/domains/:domain_id/check',
    {
      config: needsScope('domains:write'),
      schema: {
        operationId: 'checkDomain',
        tags: TAGS,
        summary: 'Look the DNS records up now, and every few seconds for ten minutes',
        params: PATH,
        querystring: closed({}),
        body: NO_BODY,
        response: { 202: answer(DOMAIN, 'The domain.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const workspaceId = workspaceIdOf(request)
      const { domain_id: id } = request.params
      const domain = await inTransaction((writing) => requestCheck(workspaceId, id, writing), deps)
      return reply.code(202).send(await describe(domain, storage.db, deps))
    },
  )
  app.get(
    '/v1/workspaces/:workspace_id/domains/:domain_id/events',
    {
      config: needsScope('domains:read'),
      schema: {
        operationId: 'listDomainEvents',
        tags: TAGS,
        summary: 'List what happened to a domain, with the evidence, the newest first',
        params: PATH,
        querystring: closed(PAGE_QUERY),
        response: {
          200: answer(DOMAIN_EVENT_PAGE, 'A page of the timeline.'),
          default: PROBLEM_RESPONSE,
        },
      },
    },
    async (request) => {
      const workspaceId = workspaceIdOf(request)
      const page = readPage(request.query)
      const { id } = await getDomain(workspaceId, request.params.domain_id, storage.db)
      return pageJson(await listEvents(workspaceId, id, page, storage.db), eventJson)
    },
  )
}

async function describe(
  domain: Domain,
  db: Kysely<Tables>,
  { naming, clock }: Pick<DomainDeps, 'naming' | 'clock'>,
): Promise<Static<typeof DOMAIN>> {
  const contextOf = await readContexts([domain], naming, { db, now: clock.now() })
  return domainJson(domain, contextOf(domain))
}

function readOptionalUrl(text: string | null | undefined): Destination | null | undefined {
  return typeof text === 'string' ? readDestination(text) : text
}
