import type { Program } from '../../test/support/program.ts'
import { SECRET } from './edge.ts'
import type { LinkSet } from './links.ts'
import { startNode } from './processes.ts'

/** A running core of a benchmark. */
export type MapCoreProcess = AsyncDisposable & {
  readonly program: Program
  readonly grpcPort: number
  /** Answers Caddy's ask. */
  readonly askPort: number
  /** How many lookups and clicks it was told of so far. */
  counts(): Promise<{ readonly lookups: number; readonly clicks: number }>
}

/** Starts a core that keeps a set of links in memory. */
export async function startMapCore(
  set: LinkSet,
  options: { readonly core: number | undefined; readonly lookupMs?: number },
): Promise<MapCoreProcess> {
  const { program, ready } = await startNode({
    name: 'map-core',
    script: 'bench/harness/map-core.ts',
    options: { ...set, secret: SECRET, lookupMs: options.lookupMs ?? 0 },
    core: options.core,
  })
  const askPort = Number(ready['http'])
  return {
    program,
    grpcPort: Number(ready['grpc']),
    askPort,
    counts: async () => {
      const answer = await fetch(`http://127.0.0.1:${askPort}/counts`)
      return (await answer.json()) as { readonly lookups: number; readonly clicks: number }
    },
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  }
}
