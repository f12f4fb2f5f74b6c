import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import { startPinned } from '../harness/processes.ts'

/** A Redis of a benchmark, which keeps nothing on disk. */
export type BenchRedis = AsyncDisposable & { readonly url: string }

/** Starts redis-server on a free port. */
export async function startRedis(options: {
  readonly directory: string
  readonly core: number
}): Promise<BenchRedis> {
  const port = await freePort()
  const folder = join(options.directory, 'redis')
  await mkdir(folder)
  const program = await startPinned(
    {
      name: 'redis-server',
      command: 'redis-server',
      args: [
        ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
        ['--save', '', '--appendonly', 'no'],
      ].flat(),
      core: options.core,
    },
    { port },
  )
  return {
    url: `redis://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void (await program.stop()),
  }
}
