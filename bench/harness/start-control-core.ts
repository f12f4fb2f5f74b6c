import type { Program } from '../../test/support/program.ts'
import type { ControlCoreOptions } from './control-names.ts'
import { SECRET } from './edge.ts'
import { startNode } from './processes.ts'

/** What the core was told so far. */
export type ControlCounts = {
  readonly checks: number
  /** Checks that found both records. */
  readonly well: number
  /** Lists of all hostnames that were read to their end. */
  readonly lists: number
}

/** A running core of a benchmark of domain-manager. */
export type ControlCore = AsyncDisposable & {
  readonly program: Program
  readonly grpcPort: number
  counts(): Promise<ControlCounts>
}

/** Starts a core that lists hostnames and gives domains to check. */
export async function startControlCore(
  options: ControlCoreOptions,
  core: number | undefined,
): Promise<ControlCore> {
  const { program, ready } = await startNode({
    name: 'control-core',
    script: 'bench/harness/control-core.ts',
    options: { ...options, secret: SECRET },
    core,
  })
  const port = Number(ready['http'])
  return {
    program,
    grpcPort: Number(ready['grpc']),
    counts: async () =>
      (await (await fetch(`http://127.0.0.1:${port}/counts`)).json()) as ControlCounts,
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  }
}
