import { Type } from 'typebox'
import { workspaceIdOf } from '../http/access.ts'
import { prefersText } from '../http/accept.ts'
import { needsScope, WORKSPACE_PATH, type ApiInstance } from '../http/route.ts'
import { closed, PROBLEM_RESPONSE, ref } from '../http/schema.ts'
import { DIAGNOSIS } from './diagnosis-schema.ts'
import { readReport } from './diagnosis-store.ts'
import type { DomainDeps } from './domain-routes.ts'

/** Adds the route of the report about a domain. */
export function diagnosisRoutes(app: ApiInstance, deps: DomainDeps): void {
  const { naming, storage, clock } = deps
  app.get(
    '/v1/workspaces/:workspace_id/domains/:domain_id/diagnosis',
    {
      config: needsScope('domains:read'),
      schema: {
        operationId: 'diagnoseDomain',
        tags: ['domains'],
        summary: 'Say what is right and wrong with a domain, and on what evidence',
        description:
          'All that the last check and the news of the certificate say, each with what to do. ' +
          'With `Accept: text/plain` the same can be read in a terminal. It looks nothing up: ' +
          'ask for a check first to have it as of now.',
        params: Type.Object({ ...WORKSPACE_PATH, domain_id: Type.String() }),
        querystring: closed({}),
        response: {
          200: {
            description: 'The report.',
            content: {
              'application/json': { schema: ref(DIAGNOSIS) },
              'text/plain': { schema: Type.String() },
            },
          },
          default: PROBLEM_RESPONSE,
        },
      },
    },
    async (request, reply) => {
      const reportDeps = { naming, db: storage.db, now: clock.now() }
      const { domain_id: id } = request.params
      const { json, text } = await readReport(workspaceIdOf(request), id, reportDeps)
      void reply.header('vary', 'accept')
      if (prefersText(request.headers.accept)) {
        return reply.type('text/plain; charset=utf-8').send(text)
      }
      return reply.type('application/json; charset=utf-8').send(json)
    },
  )
}
