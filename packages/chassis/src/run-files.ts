import { mkdir, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from './logger.ts'
import { isErrno, readFileIfPresent, writeFileAtomically } from './atomic-file.ts'

/** Ports by listener, for example `{ "edge": { "http": 8080, "ops": 9080 } }`. */
export type Ports = Readonly<Record<string, Readonly<Record<string, number>>>>

/** The folder of what describes the running processes. */
export function runDir(dataDir: string): string {
  return join(dataDir, 'run')
}

/** The file in which every service notes the ports it really listens on. */
export function portsPath(dataDir: string): string {
  return join(runDir(dataDir), 'ports.json')
}

/**
 * Notes the real ports of one service in `run/ports.json`, beside the other
 * services'. A note that cannot be written is reported and keeps nobody from
 * serving: a full disk must not turn a restart into an outage.
 */
export async function recordPorts(
  dataDir: string,
  service: string,
  ports: Readonly<Record<string, number>>,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  try {
    await mkdir(runDir(dataDir), { recursive: true })
    await using _lock = await lock(`${portsPath(dataDir)}.lock`)
    const all = { ...(await readPorts(dataDir)), [service]: ports }
    await writeFileAtomically(portsPath(dataDir), `${JSON.stringify(all, null, 2)}\n`, 0o644)
  } catch (error) {
    log.warn({ error, path: portsPath(dataDir) }, 'ports cannot be noted')
  }
}

/** Reads the ports of all services; empty when none was noted or the file is broken. */
export async function readPorts(dataDir: string): Promise<Ports> {
  const content = await readFileIfPresent(portsPath(dataDir))
  if (content === undefined) return {}
  try {
    const noted: unknown = JSON.parse(content.toString('utf8'))
    return isPorts(noted) ? noted : {}
  } catch {
    // Why ignored: the file is a note of what runs now, made anew at each start.
    return {}
  }
}

function isPorts(noted: unknown): noted is Ports {
  return isRecord(noted) && Object.values(noted).every(isPortsOfOne)
}

function isPortsOfOne(noted: unknown): boolean {
  return isRecord(noted) && Object.values(noted).every((port) => Number.isSafeInteger(port))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const LOCK_STALE_MS = 2_000
const LOCK_RETRY_MS = 10
const LOCK_WAIT_MS_MAX = 10_000

/** Waits for a lock file. One that is left behind by a killed process is taken over. */
async function lock(path: string): Promise<AsyncDisposable> {
  const giveUpAt = performance.now() + LOCK_WAIT_MS_MAX
  while (performance.now() < giveUpAt) {
    try {
      const file = await open(path, 'wx')
      await file.close()
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error
    }
    const made = await stat(path).catch(() => undefined)
    // Why the absolute difference: the clock may have been set back meanwhile.
    if (made !== undefined && Math.abs(Date.now() - made.mtimeMs) > LOCK_STALE_MS) {
      await rm(path, { force: true })
    }
    await sleep(LOCK_RETRY_MS)
  }
  throw new Error(`The lock "${path}" was not to be had within ${LOCK_WAIT_MS_MAX} ms.`)
}
