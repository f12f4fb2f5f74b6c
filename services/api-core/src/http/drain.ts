import type { FastifyInstance } from 'fastify'
import type { DurationMs } from '@fingerpost/model/time'

/** How long running requests may take to end once the service stops. */
export const DRAIN_MS_MAX: DurationMs = 3_000

const SWEEP_MS: DurationMs = 25

/**
 * Makes a way to stop an application within `DRAIN_MS_MAX`: what runs is
 * answered, with `Connection: close`; idle connections are closed at once and
 * again and again; what is left at the end is cut.
 *
 * Why not Fastify's own: it waits for keep-alive connections until their time
 * is up, or cuts running requests.
 */
export function drainable(app: FastifyInstance): () => Promise<void> {
  let isDraining = false
  app.addHook('onSend', async (_request, reply, payload) => {
    if (isDraining) reply.header('connection', 'close')
    return payload
  })
  return async () => {
    isDraining = true
    const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
    const end = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS_MAX)
    try {
      await app.close()
    } finally {
      clearInterval(sweep)
      clearTimeout(end)
    }
  }
}
