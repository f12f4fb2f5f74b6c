import { freePort } from '../../../test/support/free-port.ts'
import { startProgram, type Program } from '../../../test/support/program.ts'

/** A Redis on a port that it keeps; every start begins empty. */
export class ChaosRedis implements AsyncDisposable {
  readonly port: number
  #program: Program

  static async start(directory: string): Promise<ChaosRedis> {
    const port = await freePort()
    return new ChaosRedis(port, await startRedis(port, directory), directory)
  }

  readonly #directory: string

  private constructor(port: number, program: Program, directory: string) {
    this.port = port
    this.#program = program
    this.#directory = directory
  }

  /** For `REDIS_URL`. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  signal(signal: NodeJS.Signals): void {
    this.#program.kill(signal)
  }

  /** SIGKILL, then waits until it is gone. */
  async kill(): Promise<void> {
    this.#program.kill('SIGKILL')
    await this.#program.exited
  }

  async stop(): Promise<void> {
    await this.#program.stop()
  }

  /** Starts it again, empty. */
  async start(): Promise<void> {
    this.#program = await startRedis(this.port, this.#directory)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Why: a paused process hears SIGTERM only when it goes on.
    this.#program.kill('SIGCONT')
    await this.#program.stop()
  }
}

function startRedis(port: number, directory: string): Promise<Program> {
  const settings = [
    ['--port', String(port)],
    ['--bind', '127.0.0.1'],
    ['--dir', directory],
    ['--save', ''],
    ['--appendonly', 'no'],
  ]
  return startProgram({
    name: 'redis',
    command: 'redis-server',
    args: settings.flat(),
    env: {},
    cwd: directory,
    ready: { kind: 'line', matches: /Ready to accept connections/ },
    readyWithinMs: 10_000,
    stopWithinMs: 5_000,
  })
}
