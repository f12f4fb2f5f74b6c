import type { FastifyInstance, HTTPMethods } from 'fastify'
import { AppError } from '@fingerpost/model/errors'

/** A route as it was registered. */
export type RegisteredRoute = { readonly method: string; readonly url: string }

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Notes every route that is registered from now on. */
export function noteRoutes(app: FastifyInstance): readonly RegisteredRoute[] {
  const routes: RegisteredRoute[] = []
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url })
  })
  return routes
}

/**
 * Answers 405, naming the methods there are, for each path that exists with
 * other methods. Comes after all routes.
 *
 * @see RFC 9110 section 15.5.6
 */
export function refuseOtherMethods(app: FastifyInstance, routes: readonly RegisteredRoute[]): void {
  for (const [url, there] of Map.groupBy(routes, (route) => route.url)) {
    const allowed = METHODS.filter((method) => there.some((route) => route.method === method))
    const others = METHODS.filter((method) => !allowed.includes(method))
    if (url.includes('*') || others.length === 0) continue
    app.route({
      method: others,
      url,
      schema: { hide: true },
      // Why no preParsing of the body: onRequest answers before it is read.
      onRequest: async (request, reply) => {
        reply.header('allow', allowed.join(', '))
        throw new AppError(
          'method_not_allowed',
          `${request.method} is not possible here; possible are ${allowed.join(', ')}.`,
        )
      },
      handler: async () => undefined,
    })
  }
}
