import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ADMIN_TOKEN } from './installation.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** api-core as its own process, on free ports. */
export type CoreProcess = AsyncDisposable & {
  readonly ports: { readonly http: number; readonly grpc: number; readonly ops: number }
  readonly child: ChildProcess
  /** Sends a signal and gives how the process ended, and after how long. */
  end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly ms: number }>
}

/** Starts api-core over a data folder, and waits until it serves. */
export async function startCoreProcess(
  dataDir: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<CoreProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      FINGERPOST_DATA_DIR: dataDir,
      CORE_HTTP_ADDR: '127.0.0.1:0',
      CORE_GRPC_ADDR: '127.0.0.1:0',
      CORE_OPS_ADDR: '127.0.0.1:0',
      CORE_ADMIN_TOKEN: ADMIN_TOKEN,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ports = await readPorts(child)
  const end: CoreProcess['end'] = async (signal) => {
    const startedAt = performance.now()
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
    }
    return { code: child.exitCode, ms: performance.now() - startedAt }
  }
  return {
    ports,
    child,
    end,
    async [Symbol.asyncDispose]() {
      await end('SIGKILL')
    },
  }
}

async function readPorts(child: ChildProcess): Promise<CoreProcess['ports']> {
  if (child.stdout === null) throw new Error('The process has no output.')
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (!line.includes('"message":"started"')) continue
    child.stdout.resume()
    return JSON.parse(line).ports
  }
  throw new Error(`api-core did not start:\n${lines.join('\n')}`)
}

/** Sends a request with the operator's token to a process. */
export async function callProcess(
  port: number,
  path: string,
  init: { readonly method?: string; readonly body?: unknown } = {},
) {
  const { method = 'GET', body } = init
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}
