import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Where a process listens; 0: it does not. */
export type ServicePorts = {
  readonly http: number
  readonly plain: number
  readonly caddyLog: number
  readonly ops: number
}

/** The service as a process of its own. */
export type ServiceProcess = AsyncDisposable & {
  readonly ports: ServicePorts
  readonly pid: number
  /** The lines that were logged, parsed, oldest first. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** Sends a signal and waits for the end; gives the exit code, or the signal's name. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null>
}

const mainOf = (name: string): string => fileURLToPath(new URL(`../src/${name}`, import.meta.url))

const NOWHERE: ServicePorts = { http: 0, plain: 0, caddyLog: 0, ops: 0 }

const ANY_PORTS = {
  DOMAINS_ADDR: '127.0.0.1:0',
  DOMAINS_OPS_ADDR: '127.0.0.1:0',
  DOMAINS_ASK_OPS_ADDR: '127.0.0.1:0',
  DOMAINS_PLAIN_ADDR: '127.0.0.1:0',
  DOMAINS_CADDY_LOG_ADDR: '127.0.0.1:0',
}

/** Starts a main of the service, and waits until it says that it has started. */
export async function startService(
  settings: Readonly<Record<string, string>>,
  main: 'main.ts' | 'ask-main.ts' = 'main.ts',
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [mainOf(main)], {
    env: { ...ANY_PORTS, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Readonly<Record<string, unknown>>[] = []
  const { promise, resolve, reject } = Promise.withResolvers<ServiceProcess['ports']>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Readonly<Record<string, unknown>>
    lines.push(line)
    if (line['message'] === 'started') {
      resolve({ ...NOWHERE, ...(line['ports'] as Partial<ServicePorts>) })
    }
  })
  child.once('exit', (code) => reject(new Error(`ended with ${code} before it had started`)))
  const ports = await promise
  return {
    ports,
    pid: child.pid ?? 0,
    lines,
    end: (signal) => endProcess(child, signal),
    [Symbol.asyncDispose]: async () => void (await endProcess(child, 'SIGKILL')),
  }
}

async function endProcess(
  child: ChildProcess,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<number | string | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
  return child.signalCode ?? child.exitCode
}
