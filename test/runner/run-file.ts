import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { signalGroup, waitForGroupToEnd } from './process-group.ts'

/** How a test file's process went. */
export type FileRun = {
  /** Relative to the root of the tree. */
  readonly path: string
  readonly stdout: string
  readonly stderr: string
  /** What is wrong with the process itself; undefined when it ended by itself with code 0 or 1. */
  readonly problem: string | undefined
  readonly exitCode: number | null
  readonly durationMs: number
}

/** What `runFile` needs to know besides the file. */
export type RunFileOptions = {
  readonly root: string
  readonly environment: NodeJS.ProcessEnv
  /** How long a file may take that does not ask for more with `t.setTimeout`. */
  readonly timeoutMs: number
  /** What it gets beyond that, so that tap itself can say which test took too long. */
  readonly spareMs: number
  /** Ends the file early. */
  readonly signal: AbortSignal
}

const STOP_MS_MAX = 5_000
const LEFTOVER_MS_MAX = 2_000
const OUTPUT_CHARS_MAX = 20_000_000

/**
 * Runs one test file in a process and a process group of its own.
 *
 * A file that takes too long is ended together with every process that it
 * started; one that ends and leaves processes behind has a problem.
 */
export async function runFile(path: string, options: RunFileOptions): Promise<FileRun> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [path], {
    cwd: options.root,
    env: { ...options.environment, TAP: '1', TAP_TIMEOUT: String(options.timeoutMs / 1000) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  const groupId = child.pid
  if (groupId === undefined) throw new Error(`The test file "${path}" could not be started.`)

  const stdout = keepText(child.stdout)
  const stderr = keepText(child.stderr)
  const ended = Promise.withResolvers<number | null>()
  const closed = Promise.withResolvers<'closed'>()
  child.once('exit', (code) => ended.resolve(code))
  child.once('close', () => closed.resolve('closed'))

  const limit = limitTime(groupId, options)
  child.on('message', (message) => limit.read(message))
  const exitCode = await ended.promise
  limit.clear()

  const left = await waitForGroupToEnd(groupId, LEFTOVER_MS_MAX)
  if (left.length > 0) signalGroup(groupId, 'SIGKILL')
  // Why a limit: a process in another group may have inherited the pipes.
  const spare = new AbortController()
  await Promise.race([closed.promise, sleep(LEFTOVER_MS_MAX, 'late', { signal: spare.signal })])
  spare.abort()
  return {
    path,
    stdout: stdout(),
    stderr: stderr(),
    problem: limit.problem() ?? describeEnd(exitCode, child.signalCode, left),
    exitCode,
    durationMs: performance.now() - startedAt,
  }
}

function describeEnd(
  code: number | null,
  signal: NodeJS.Signals | null,
  left: readonly string[],
): string | undefined {
  if (left.length > 0) return `The file left processes running: ${left.join('; ')}`
  if (signal !== null) return `The file was ended by ${signal}.`
  // Why 1 is fine: it is how tap says that a test failed, which is counted already.
  return code === 0 || code === 1 ? undefined : `The file exited with code ${code}.`
}

/** Ends the process group when its time is over, or when the whole run is stopped. */
function limitTime(
  groupId: number,
  options: RunFileOptions,
): {
  readonly read: (message: unknown) => void
  readonly clear: () => void
  readonly problem: () => string | undefined
} {
  let problem: string | undefined
  let limitMs = options.timeoutMs
  let timer: NodeJS.Timeout | undefined
  const stop = (reason: string): void => {
    problem ??= reason
    signalGroup(groupId, 'SIGTERM')
    clearTimeout(timer)
    timer = setTimeout(() => signalGroup(groupId, 'SIGKILL'), STOP_MS_MAX)
  }
  const arm = (): void => {
    clearTimeout(timer)
    const reason = `The file took longer than ${limitMs / 1000} s and was stopped.`
    timer = setTimeout(() => stop(reason), limitMs + options.spareMs)
  }
  const abort = (): void => stop('The run was stopped.')
  arm()
  options.signal.addEventListener('abort', abort)
  if (options.signal.aborted) abort()
  return {
    read: (message) => {
      const wantedMs = parseTimeout(message)
      if (wantedMs === undefined || problem !== undefined) return
      limitMs = wantedMs
      arm()
    },
    clear: () => {
      clearTimeout(timer)
      options.signal.removeEventListener('abort', abort)
    },
    problem: () => problem,
  }
}

/** Reads what `t.setTimeout` of tap tells its parent; 0 means no limit, which nobody gets. */
function parseTimeout(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null || !('setTimeout' in message))
    return undefined
  const ms = message.setTimeout
  return typeof ms === 'number' && ms > 0 ? ms : undefined
}

function keepText(stream: Readable | null): () => string {
  let text = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk) => {
    text = (text + String(chunk)).slice(-OUTPUT_CHARS_MAX)
  })
  return () => text
}
