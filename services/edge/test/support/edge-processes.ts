import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLogger } from '@fingerpost/chassis/logger'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { serveCore } from '@fingerpost/contract/core-server'
import { eventually, ops, SECRET } from './running-edge.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const START_MS_MAX = 20_000

/** The hostname of the links `/spring` and `/summer`, which every worker is warm for. */
export const HOSTNAME = 'links.example.com'

type LogLine = Readonly<Record<string, unknown>> & { readonly message: string }

/** Runs the edge's own main with several workers, before a core with two links. */
export async function startEdgeProcesses(settings: Readonly<Record<string, string>> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'fingerpost-edge-'))
  const core = new FakeCore({ now: () => Date.now() })
  core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  for (const slug of ['spring', 'summer']) {
    core.givenLink({ hostname: HOSTNAME, slug, destination: 'https://example.com/' })
  }
  const log = createLogger('core', 'error')
  const server = await serveCore({ core, address: '127.0.0.1:0', secret: SECRET, log })
  const child = spawn(process.execPath, [MAIN], {
    env: {
      FINGERPOST_DATA_DIR: dataDir,
      FINGERPOST_GRPC_TOKEN: SECRET,
      EDGE_WORKERS: '2',
      EDGE_ADDR: '127.0.0.1:0',
      EDGE_OPS_ADDR: '127.0.0.1:0',
      CORE_GRPC_ADDR: `127.0.0.1:${server.port}`,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const lines = (message: string): readonly LogLine[] =>
    output
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line): LogLine => JSON.parse(line))
      .filter((line) => line.message === message)
  const pids = (): readonly number[] =>
    lines('worker started').flatMap(({ pid }) => (typeof pid === 'number' ? [pid] : []))

  return {
    core,
    child,
    exited,
    dataDir,
    lines,
    /** The process ids of all workers that ever started. */
    pids,
    async untilStarted() {
      await eventually(async () => lines('started').length > 0, START_MS_MAX)
      const [started] = lines('started')
      const { http, ops: opsPort } = Object(started?.['ports'])
      return { http: Number(http), ops: Number(opsPort) }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exited
      await eventually(async () => !pids().some(isAlive), START_MS_MAX)
      await server[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true })
    },
  }
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    // Why ignored: it says that there is no such process.
    return false
  }
}

/** Reads the samples of a scrape whose name and labels begin with `start`, and adds them. */
export async function sumOf(opsPort: number, start: string): Promise<number> {
  const { text } = await ops(opsPort, '/metrics')
  return text
    .split('\n')
    .filter((line) => line.startsWith(`fingerpost_${start}`))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}
