import rateLimit from '@fastify/rate-limit'
import { AppError } from '@fingerpost/model/errors'
import type { ApiInstance } from './route.ts'

/** Most requests a minute with one token; the operator's token is not limited. */
export const REQUESTS_PER_MINUTE_MAX = 6_000

/** Most tokens that are counted at once; the least recently used is forgotten. */
const COUNTED_TOKENS_MAX = 10_000

/** Limits how often each token may call. Comes after the guard, which knows the token. */
export async function limitRate(app: ApiInstance, requestsPerMinuteMax: number): Promise<void> {
  await app.register(rateLimit, {
    global: true,
    max: requestsPerMinuteMax,
    timeWindow: 60_000,
    cache: COUNTED_TOKENS_MAX,
    allowList: (request) => request.actor?.kind === 'operator',
    keyGenerator: ({ actor }) => (actor?.kind === 'token' ? actor.token.id : 'operator'),
    errorResponseBuilder: (_request, context) =>
      new AppError(
        'too_many_requests',
        `This token has sent ${context.max} requests in a minute, the most there can be.`,
        { facts: { limit: context.max } },
      ),
  })
}
