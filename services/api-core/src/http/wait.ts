import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { WriteDeps } from '../database/transaction.ts'
import { readPlace } from '../events/change-store.ts'
import type { EdgeWaits } from '../events/edge-waits.ts'
import type { Place } from '../rules/edge-lag.ts'
import { workspaceIdOf } from './access.ts'
import { closed, word } from './schema.ts'

/** The query of a write of a link or a domain. */
export const WAIT_QUERY = closed({
  wait: Type.Optional({
    ...word(['edge']),
    description:
      'Answers when every live edge has acknowledged the write, so that none serves what was ' +
      'before; after 5 s with 504 `edges_lagging`, and the write stands.',
  }),
})

/** What a write needs that can be waited for. */
export type WaitDeps = WriteDeps & { readonly waits: EdgeWaits }

/**
 * Does a write and, if its query says so, gives its result only when every live
 * edge has acknowledged it. The wait begins after the commit and holds nothing.
 *
 * @throws {AppError} `too_many_waits` before, `edges_lagging` after the write
 */
export async function writeAndWait<Result>(
  request: FastifyRequest & { readonly query: { readonly wait?: 'edge' | undefined } },
  deps: WaitDeps,
  write: (deps: WriteDeps) => Promise<Result>,
): Promise<Result> {
  if (request.query.wait === undefined) return write(deps)
  using _place = deps.waits.enter(workspaceIdOf(request))
  const committed: { place: Place | undefined } = { place: undefined }
  const onCommitted = (place: Place): void => {
    committed.place = place
  }
  const result = await write({ ...deps, onCommitted })
  // Why the last change of all: what changed nothing, as the answer to a known Idempotency-Key,
  // tells of something that may have been written a moment ago.
  await deps.waits.until(committed.place ?? (await readPlace(deps.storage.db)))
  return result
}
