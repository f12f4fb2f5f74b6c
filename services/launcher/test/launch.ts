import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { eventually } from '../../../test/support/eventually.ts'
import { startProgram, type Program } from '../../../test/support/program.ts'

/** The services, by the names of their pid files. */
export const SERVICES = ['ask', 'api-core', 'domain-manager', 'edge'] as const

/** Settings with which every listener takes a free port of 127.0.0.1. */
export const ANY_PORTS: Readonly<Record<string, string>> = {
  EDGE_ADDR: '127.0.0.1:0',
  EDGE_OPS_ADDR: '127.0.0.1:0',
  CORE_HTTP_ADDR: '127.0.0.1:0',
  CORE_GRPC_ADDR: '127.0.0.1:0',
  CORE_OPS_ADDR: '127.0.0.1:0',
  DOMAINS_ADDR: '127.0.0.1:0',
  DOMAINS_OPS_ADDR: '127.0.0.1:0',
  DOMAINS_ASK_OPS_ADDR: '127.0.0.1:0',
  DOMAINS_PLAIN_ADDR: '127.0.0.1:0',
  DOMAINS_CADDY_LOG_ADDR: '127.0.0.1:0',
  FINGERPOST_HTTP_PORT: '0',
  FINGERPOST_HTTPS_PORT: '0',
}

/**
 * Makes an empty folder that is removed after everything that the test starts from now on is
 * stopped. Why not `t.testdir`: tap removes that one before the first teardown runs, which fails
 * while a launcher writes there, and then nothing is torn down any more.
 */
export function newDataDir(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'fingerpost-launcher-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  return folder
}

/** Starts a launcher, and ends it with the test; resolves at its first line, whatever it says. */
export async function launch(
  t: Test,
  main: URL,
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const program = await startProgram({
    name: 'launcher',
    command: process.execPath,
    args: [fileURLToPath(main)],
    env: { ...ANY_PORTS, FINGERPOST_DATA_DIR: dataDir, ...env },
    cwd: dataDir,
    ready: { kind: 'line', matches: /./ },
    readyWithinMs: 20_000,
    stopWithinMs: 10_000,
  })
  t.teardown(() => program.stop())
  return program
}

/** Waits for the summary, and gives its line. */
export function running(program: Program): Promise<string> {
  return program.waitForLine(/"message":"running"/, { withinMs: 30_000 })
}

/** The process noted for a service or for Caddy; undefined while none is. */
export function pidOf(dataDir: string, name: string): number | undefined {
  const path = join(dataDir, 'run', `${name}.pid`)
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined
}

/** The processes noted for `names`; fails when one is missing. */
export function pidsOf(dataDir: string, names: readonly string[]): number[] {
  return names.map((name) => {
    const pid = pidOf(dataDir, name)
    if (pid === undefined) throw new Error(`No process is noted for ${name}.`)
    return pid
  })
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // Why ignored: that there is none is the answer.
    return false
  }
}

/** Waits until none of the processes is there. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  await eventually('all processes are gone', () => !pids.some(isAlive), { withinMs: 15_000 })
}
