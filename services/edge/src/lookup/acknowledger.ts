import { EDGE_FAREWELL, type CoreApi, type Sequence } from '@fingerpost/contract/core-api'

/** Tells core how far this edge has applied the changes. */
export type Acknowledger = {
  /** The last change that core is known to have been told of; 0: none. */
  readonly acknowledged: Sequence
  /** Says that everything up to here is applied; the newest is said when several wait. */
  acknowledge(sequence: Sequence): void
  /** Notes that core may have forgotten what it was told. */
  startOver(): void
  /** Says that this edge serves nothing any more. Never rejects: core finds out later, too. */
  leave(): Promise<void>
}

/**
 * Makes an acknowledger. One call is under way at a time, so a burst of changes
 * costs as many calls as there is time for. What fails is said again with the
 * next message of the stream, which is never silent.
 */
export function acknowledger(
  edgeId: string,
  deps: {
    readonly core: Pick<CoreApi, 'acknowledgeChanges'>
    readonly onFailed: (cause: unknown) => void
  },
): Acknowledger {
  const state = { wanted: 0, said: 0, isSaying: false, isLeaving: false }

  const say = async (): Promise<void> => {
    state.isSaying = true
    try {
      while (state.wanted !== state.said && !state.isLeaving) {
        const sequence = state.wanted
        await deps.core.acknowledgeChanges({ edgeId, sequence })
        state.said = sequence
      }
    } catch (error) {
      deps.onFailed(error)
    } finally {
      state.isSaying = false
    }
  }
  return {
    get acknowledged() {
      return state.said
    },
    acknowledge(sequence) {
      state.wanted = sequence
      if (!state.isSaying && state.wanted !== state.said) void say()
    },
    startOver() {
      state.said = 0
    },
    async leave() {
      state.isLeaving = true
      try {
        await deps.core.acknowledgeChanges({ edgeId, sequence: EDGE_FAREWELL })
      } catch (error) {
        deps.onFailed(error)
      }
    },
  }
}
