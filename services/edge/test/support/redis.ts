import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from '../../../../test/support/free-port.ts'
import { missingPrograms, startProgram, type Program } from '../../../../test/support/program.ts'

/** Why a test that needs Redis cannot run, for tap's `skip`; false when it can. */
export const NO_REDIS = missingPrograms(['redis-server'])

/** A running redis-server of a test. */
export type TestRedis = AsyncDisposable & {
  readonly port: number
  readonly url: string
  readonly program: Program
  /** Sends a command on a connection of its own, beside those of the edge. */
  ask(command: string, ...args: readonly (string | number)[]): Promise<unknown>
  /** Says how often a command was run since the start; 0 when never. */
  callsOf(command: string): Promise<number>
}

/**
 * Starts a redis-server on a port of 127.0.0.1 that keeps nothing on disk, or a sentinel.
 *
 * @param options.args for its command line, after our own
 */
export async function startRedis(
  options: {
    readonly port?: number
    readonly args?: readonly string[]
    /** Makes it a sentinel, which rewrites this file. */
    readonly sentinelFile?: string
  } = {},
): Promise<TestRedis> {
  const { port = await freePort(), args = [], sentinelFile } = options
  const dir = await mkdtemp(join(tmpdir(), 'fingerpost-redis-'))
  const own = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const program = await startProgram({
    name: 'redis-server',
    command: 'redis-server',
    args:
      sentinelFile === undefined ? [...own, '--dir', dir, ...args] : [sentinelFile, '--sentinel'],
    env: {},
    cwd: dir,
    ready: { kind: 'line', matches: /Ready to accept connections|Sentinel ID is/ },
    readyWithinMs: 10_000,
    stopWithinMs: 3_000,
  })
  const ask = (command: string, ...rest: readonly (string | number)[]): Promise<unknown> =>
    askRedis(port, command, ...rest)
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    program,
    ask,
    async callsOf(command) {
      const text = String(await ask('info', 'commandstats'))
      const match = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(text)
      return Number(match?.[1] ?? 0)
    },
    async [Symbol.asyncDispose]() {
      // Why: what stands still does not take SIGTERM.
      program.kill('SIGCONT')
      await program.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Sends one command to a server on a port of 127.0.0.1. */
export async function askRedis(
  port: number,
  command: string,
  ...args: readonly (string | number)[]
): Promise<unknown> {
  const client = new Redis({ port, host: '127.0.0.1', disableClientInfo: true })
  // Why ignored: the command is rejected as well, and that is what the test sees.
  client.on('error', () => undefined)
  try {
    return await client.call(command, ...args)
  } finally {
    client.disconnect()
  }
}
