import { setTimeout as delay } from 'node:timers/promises'
import { startNode } from '../../harness/processes.ts'
import type { SlowOptions, SlowState } from './slow-sockets.ts'

/** Slow clients in a process of their own. Disposal ends their connections. */
export type SlowProcess = AsyncDisposable & {
  state(): Promise<SlowState>
  /** Waits until the server has closed all connections, or until the time is over. */
  untilReaped(withinMs: number): Promise<void>
}

/** Opens connections of slow clients; settles when all are open or refused. */
export async function startSlow(options: SlowOptions): Promise<SlowProcess> {
  const { program, ready } = await startNode({
    name: 'slow clients',
    script: 'bench/chaos/slow/slow-process.ts',
    options,
    core: undefined,
  })
  const state = async (): Promise<SlowState> => {
    const answer = await fetch(`http://127.0.0.1:${String(ready['http'])}/`)
    return (await answer.json()) as SlowState
  }
  return {
    state,
    untilReaped: async (withinMs) => {
      const deadlineMs = performance.now() + withinMs
      while ((await state()).open > 0 && performance.now() < deadlineMs) await delay(100)
    },
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  }
}
