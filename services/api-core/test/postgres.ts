import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { isErrno } from '@fingerpost/chassis/atomic-file'
import { freePort } from '../../../test/support/free-port.ts'

const run = promisify(execFile)

/** A PostgreSQL of our own: a cluster in a temporary folder on a free loopback port. */
export type Postgres = AsyncDisposable & {
  /** Empties the one database and gives its URL: what used it before has to be closed. */
  emptyDatabase(): Promise<string>
  /** Stops the server at once, as a crash does. */
  crash(): Promise<void>
  /** Freezes all of the server's processes, or lets them go on. */
  freeze(isFrozen: boolean): Promise<void>
  /** Starts the server again, on the same port and data. */
  start(): Promise<void>
}

/** Why there is no PostgreSQL to test with. */
export const POSTGRES_MISSING =
  'PostgreSQL is not installed: no "initdb" in /usr/lib/postgresql/*/bin or on PATH'

/** Starts a PostgreSQL, or gives undefined where none is installed. */
export async function startPostgres(): Promise<Postgres | undefined> {
  const bin = await findPrograms()
  if (bin === undefined) return undefined
  const owner = await unprivilegedUser()
  const folder = await mkdtemp(join(tmpdir(), 'fingerpost-postgres-'))
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const options = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync']
  await run(join(bin, 'initdb'), [...options, '--locale=C'], { ...owner, cwd: folder })
  const port = await freePort()
  const server = new Server({ bin, data, port, owner })
  await server.start()
  return {
    emptyDatabase: () => emptyDatabase(port),
    crash: () => server.crash(),
    freeze: (isFrozen) => server.freeze(isFrozen),
    start: () => server.start(),
    async [Symbol.asyncDispose]() {
      await server.crash()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

type Owner = { readonly uid: number; readonly gid: number }

type ServerOptions = {
  readonly bin: string
  readonly data: string
  readonly port: number
  readonly owner: Owner | undefined
}

// Why a shell between: it ends the server when its input ends, so that nothing
// is left running even when the tests are killed.
const UNTIL_INPUT_ENDS = 'exec 3<&0; "$@" & pid=$!; cat <&3 >/dev/null; kill -QUIT $pid; wait $pid'

class Server {
  readonly #options: ServerOptions
  #child: ChildProcess | undefined
  #frozen: readonly number[] = []

  constructor(options: ServerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { bin, data, port, owner } = this.#options
    const settings = {
      port: String(port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: '100',
      // Why off: these tests end our processes, never the machine.
      fsync: 'off',
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const command = [join(bin, 'postgres'), '-D', data, ...flags]
    this.#child = spawn('sh', ['-c', UNTIL_INPUT_ENDS, 'sh', ...command], {
      ...owner,
      cwd: data,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    await untilAnswers(port)
  }

  async crash(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    await this.freeze(false)
    const exited = once(child, 'exit')
    child.stdin?.end()
    await exited
  }

  async freeze(isFrozen: boolean): Promise<void> {
    if (isFrozen) {
      const pid = Number.parseInt(
        await readFile(join(this.#options.data, 'postmaster.pid'), 'utf8'),
      )
      this.#frozen = [pid, ...(await childrenOf(pid))]
    }
    for (const pid of this.#frozen) signal(pid, isFrozen ? 'SIGSTOP' : 'SIGCONT')
    if (!isFrozen) this.#frozen = []
  }
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', String(pid)])
  return stdout.split('\n').map(Number).filter(Boolean)
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    // Why ignored: a connection's process may have ended meanwhile.
    if (!isErrno(error, 'ESRCH')) throw error
  }
}

async function untilAnswers(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const client = new Client({ connectionString: urlOf(port, 'postgres') })
    try {
      await client.connect()
      await client.end()
      return
    } catch {
      // Why ignored: a server that is starting refuses; it is asked again.
      await sleep(50)
    }
  }
  throw new Error('PostgreSQL did not start within 10 s.')
}

// Why emptied and not made anew: making a database takes ten times as long.
async function emptyDatabase(port: number): Promise<string> {
  const url = urlOf(port, 'postgres')
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('drop schema public cascade; create schema public')
  await client.end()
  return url
}

function urlOf(port: number, database: string): string {
  return `postgres://postgres@127.0.0.1:${port}/${database}`
}

async function findPrograms(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  const newestFirst = versions.toSorted((one, other) => Number(other) - Number(one))
  const folders = [
    ...newestFirst.map((version) => join(root, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ]
  for (const folder of folders) {
    const names: readonly string[] = await readdir(folder).catch(() => [])
    if (names.includes('initdb') && names.includes('postgres')) return folder
  }
  return undefined
}

/** PostgreSQL refuses to run as root, so root runs it as somebody else. */
async function unprivilegedUser(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name]))).catch(
      () => undefined,
    )
    const [uid, gid] = ids?.map(({ stdout }) => Number(stdout)) ?? []
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  throw new Error('There is no user to run PostgreSQL as.')
}
