import { EDGE_FAREWELL, type CoreApi, type WatchFrom } from '@fingerpost/contract/core-api'

/** How a stream is opened. */
export type EdgeOptions = Omit<WatchFrom, 'afterSequence' | 'edgeId'> & {
  readonly afterSequence?: number
  /** Called before each acknowledgement; it is made once this resolves. */
  readonly delay?: () => Promise<void>
}

/** An edge that applies changes by noting their sequence, and acknowledges them. */
export type TestEdge = AsyncDisposable & {
  readonly id: string
  readonly applied: number
  readonly lineage: string | undefined
  readonly kinds: readonly string[]
  /** Resolves once everything up to `sequence` is applied and acknowledged. */
  reached(sequence: number): Promise<void>
  /** Loses the stream, as when the process dies. */
  lose(): Promise<void>
  /** Says farewell, then ends the stream. */
  leave(): Promise<void>
}

/** Opens the stream of an edge, and waits until it has caught up. */
export async function openEdge(
  core: Pick<CoreApi, 'watchChanges' | 'acknowledgeChanges'>,
  id: string,
  { afterSequence = 0, delay = async () => {}, ...from }: EdgeOptions = {},
): Promise<TestEdge> {
  const stop = new AbortController()
  const state = { applied: afterSequence, acknowledged: 0, lineage: from.lineage }
  const kinds: string[] = []
  let moved = Promise.withResolvers<void>()
  const caughtUp = Promise.withResolvers<void>()
  const following = (async () => {
    const watch = { ...from, afterSequence, edgeId: id }
    for await (const change of core.watchChanges(watch, stop.signal)) {
      kinds.push(change.kind)
      state.applied = change.sequence
      if ('lineage' in change) state.lineage = change.lineage
      if (change.kind === 'heartbeat') caughtUp.resolve()
      await delay()
      if (stop.signal.aborted) return
      await core.acknowledgeChanges({ edgeId: id, sequence: change.sequence })
      state.acknowledged = change.sequence
      moved.resolve()
      moved = Promise.withResolvers<void>()
    }
  })()
  following.catch(caughtUp.reject)
  await caughtUp.promise
  const lose = async (): Promise<void> => {
    stop.abort()
    await following
  }
  return {
    id,
    kinds,
    get applied() {
      return state.applied
    },
    get lineage() {
      return state.lineage
    },
    async reached(sequence) {
      while (state.acknowledged < sequence) await moved.promise
    },
    lose,
    async leave() {
      await core.acknowledgeChanges({ edgeId: id, sequence: EDGE_FAREWELL })
      await lose()
    },
    [Symbol.asyncDispose]: lose,
  }
}
