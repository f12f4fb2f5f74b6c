import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { Clock } from '@fingerpost/chassis/clock'
import type { DurationMs } from '@fingerpost/model/time'

/** How long each part of a drain may take. */
export type DrainLimits = {
  /** Still accepting, not ready any more: so long have load balancers to notice. */
  readonly noticeMs: DurationMs
  /** Not accepting any more: so long have requests under way to finish. */
  readonly finishMsMax: DurationMs
}

/** So long after it was accepted has a connection sent its first request. */
const FIRST_REQUEST_MS: DurationMs = 100

/**
 * Ends a server without cutting off a request: waits until nobody sends new
 * ones, stops accepting, closes idle connections, lets the others finish.
 *
 * The caller has said before that it is not ready, and ends connections with
 * their next answer.
 */
export async function drain(
  server: Server,
  limits: DrainLimits,
  deps: { readonly clock: Clock },
): Promise<void> {
  const never = new AbortController()
  await deps.clock.sleep(limits.noticeMs, never.signal)
  const closed = Promise.withResolvers<void>()
  const isClosed = new AbortController()
  // Why not the close of HTTP yet: it would also close connections that are so new that
  // their first request is still on its way.
  NetServer.prototype.close.call(server, () => {
    isClosed.abort()
    closed.resolve()
  })
  await deps.clock.sleep(FIRST_REQUEST_MS, isClosed.signal)
  server.close()
  await deps.clock.sleep(limits.finishMsMax, isClosed.signal)
  server.closeAllConnections()
  await closed.promise
}
