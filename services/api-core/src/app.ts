import { fastify, LogController, type FastifyBaseLogger } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { answerWithProblems } from '@fingerpost/chassis/problem-responses'
import type { Logger } from '@fingerpost/chassis/logger'
import { clickRoutes } from './clicks/click-routes.ts'
import { domainRoutes, type DomainDeps } from './domains/domain-routes.ts'
import { groupRoutes } from './groups/group-routes.ts'
import { guardRoutes } from './http/access.ts'
import { documentApi } from './http/openapi.ts'
import { noteRoutes, refuseOtherMethods, type RegisteredRoute } from './http/other-methods.ts'
import { limitRate } from './http/rate-limit.ts'
import type { ApiInstance } from './http/route.ts'
import { answerUnreadableOctets, answerUnreadablePath } from './http/unreadable-requests.ts'
import { AJV_OPTIONS, formatValidationErrors, readNumbersInQuery } from './http/validation.ts'
import { linkRoutes } from './links/link-routes.ts'
import type { CoreMetrics } from './metrics.ts'
import { noticeRoutes } from './notices/notice-routes.ts'
import { recipientRoutes } from './notices/recipient-routes.ts'
import { webhookRoutes } from './notices/webhook-routes.ts'
import { tokenRoutes } from './tokens/token-routes.ts'
import { workspaceRoutes } from './workspaces/workspace-routes.ts'

/** Largest body of a request. */
export const BODY_OCTETS_MAX = 65_536

/** What the HTTP application needs. */
export type AppDeps = DomainDeps & {
  readonly log: Logger
  readonly adminToken: string
  readonly requestsPerMinuteMax: number
  readonly metrics: Pick<CoreMetrics, 'requestSeconds'>
}

/** The HTTP application and the routes that it has. */
export type App = { readonly app: ApiInstance; readonly routes: readonly RegisteredRoute[] }

/** Makes the HTTP application; it does not listen yet. */
export async function createApp(deps: AppDeps): Promise<App> {
  const loggerInstance: FastifyBaseLogger = deps.log
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_OCTETS_MAX,
    requestTimeout: 10_000,
    connectionTimeout: 15_000,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 10_000 },
    routerOptions: { maxParamLength: 256 },
    return503OnClosing: false,
    forceCloseConnections: false,
    ajv: AJV_OPTIONS,
    schemaErrorFormatter: formatValidationErrors,
    frameworkErrors: answerUnreadablePath,
    clientErrorHandler: answerUnreadableOctets,
  }).withTypeProvider<TypeBoxTypeProvider>()
  answerWithProblems(app)
  acceptEmptyJson(app)
  measure(app, deps.metrics)
  await documentApi(app)
  const routes = noteRoutes(app)
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  app.get('/', { schema: { hide: true } }, async () => ({
    name: 'Fingerpost API',
    docs: '/docs',
    openapi: '/openapi.json',
  }))
  await app.register(async (v1) => addV1(v1.withTypeProvider<TypeBoxTypeProvider>(), deps))
  // Why copied: the refusals are routes, too, but none of the API's.
  const ours = [...routes]
  refuseOtherMethods(app, ours)
  return { app, routes: ours }
}

/** Takes an empty body for no body, which a call such as `check` has none of, whatever its type. */
function acceptEmptyJson(app: ApiInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text === '') done(null, undefined)
    else void parse(request, text.toString(), done)
  })
}

async function addV1(app: ApiInstance, deps: AppDeps): Promise<void> {
  guardRoutes(app, { db: deps.storage.db, adminToken: deps.adminToken })
  await limitRate(app, deps.requestsPerMinuteMax)
  readNumbersInQuery(app)
  workspaceRoutes(app, deps)
  tokenRoutes(app, deps)
  domainRoutes(app, deps)
  groupRoutes(app, deps)
  linkRoutes(app, deps)
  clickRoutes(app, deps)
  webhookRoutes(app, deps)
  recipientRoutes(app, deps)
  noticeRoutes(app, deps)
}

function measure(app: ApiInstance, metrics: AppDeps['metrics']): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const status = `${Math.trunc(reply.statusCode / 100)}xx`
    metrics.requestSeconds.observe(
      { method: request.method, route, status },
      reply.elapsedTime / 1000,
    )
  })
}
