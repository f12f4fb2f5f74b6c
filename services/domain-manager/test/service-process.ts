import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** The service as a process of its own. */
export type ServiceProcess = AsyncDisposable & {
  readonly ports: { readonly http: number; readonly ops: number }
  /** The lines that were logged, parsed, oldest first. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** Sends a signal and waits for the end; gives the exit code, or the signal's name. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null>
}

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Starts `node src/main.ts`, and waits until it says that it has started. */
export async function startService(
  settings: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { DOMAINS_ADDR: '127.0.0.1:0', DOMAINS_OPS_ADDR: '127.0.0.1:0', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Readonly<Record<string, unknown>>[] = []
  const { promise, resolve, reject } = Promise.withResolvers<ServiceProcess['ports']>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Readonly<Record<string, unknown>>
    lines.push(line)
    if (line['message'] === 'started') resolve(line['ports'] as ServiceProcess['ports'])
  })
  child.once('exit', (code) => reject(new Error(`ended with ${code} before it had started`)))
  const ports = await promise
  return {
    ports,
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
