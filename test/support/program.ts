import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from './eventually.ts'

/** How a program ended. Exactly one of the two is set. */
export type ProgramExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** When a started program counts as ready. */
export type Readiness =
  | { readonly kind: 'line'; readonly matches: RegExp }
  | { readonly kind: 'port'; readonly port: number }

export type ProgramOptions = {
  /** For messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Beside PATH, HOME, TMPDIR, LANG and TZ nothing of our own environment is handed down. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly ready: Readiness
  readonly readyWithinMs: number
  /** How long SIGTERM has before SIGKILL follows. */
  readonly stopWithinMs: number
}

/** A running child process; every way to end it goes by this handle. */
export type Program = AsyncDisposable & {
  readonly name: string
  readonly pid: number
  /** What it has written so far, stdout and stderr together, oldest first. */
  readonly lines: readonly string[]
  /** Settles when the process is gone, however it went. */
  readonly exited: Promise<ProgramExit>
  /** Waits for a line, those already written included. */
  waitForLine(matches: RegExp, options: { readonly withinMs: number }): Promise<string>
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, then SIGKILL; settles when the process is gone. May be called twice. */
  stop(): Promise<ProgramExit>
}

// Why: a test process that dies must not leave programs behind that hold ports and memory.
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const LINES_MAX = 50_000
const UNREAD_OUTPUT_MS = 500
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ']

/**
 * Starts a child process and waits until it is ready.
 *
 * Its environment is built from nothing: a child with NODE_OPTIONS, NODE_V8_COVERAGE or tap's own
 * variables would load tap's hooks, be slower and be measured as if it were the test.
 *
 * @throws Error with the last lines of output when the program ends or stays unready
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  // Why by `env -i`: under tap, whatever spawn is given as environment gets those variables added.
  // It replaces itself by the program, so the process is still ours by its handle.
  const environment = { ...inheritedEnvironment(), ...options.env }
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const args = ['-i', ...assignments, options.command, ...options.args]
  const child = spawn('env', args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const program = programOf(child, options)
  try {
    await untilReady(program, options)
  } catch (cause) {
    await program.stop()
    const tail = program.lines.slice(-20).join('\n  ')
    throw new Error(`${options.name} did not become ready. Its last lines:\n  ${tail}`, { cause })
  }
  return program
}

/** The full path of a program on PATH, or undefined. */
export function findOnPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** Why a test that needs these programs cannot run, for tap's `skip`; false when it can. */
export function missingPrograms(names: readonly string[]): string | false {
  const missing = names.filter((name) => findOnPath(name) === undefined)
  return missing.length === 0 ? false : `not on PATH: ${missing.join(', ')}`
}

/** Whether a file is there and may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Why ignored: "may not be run" is the answer, whatever the cause.
    return false
  }
}

function programOf(child: ChildProcess, options: ProgramOptions): Program {
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
      lines.push(line)
      if (lines.length > LINES_MAX) lines.shift()
    })
  }

  running.add(child)
  const exited = new Promise<ProgramExit>((resolve) => {
    child.once('error', (error) => {
      lines.push(`cannot run env: ${error.message}`)
      resolve({ code: -1, signal: null })
    })
    child.once('exit', (code, signal) => {
      // Why wait on: output may still be unread. Why not for long: a child of its own that outlives
      // it keeps the pipes open.
      const drained = Promise.race([once(child, 'close'), delay(UNREAD_OUTPUT_MS)])
      void drained.then(() => resolve({ code, signal }))
    })
  }).finally(() => running.delete(child))

  const stop = async (): Promise<ProgramExit> => {
    child.kill('SIGTERM')
    const timer = new AbortController()
    const patience = delay(options.stopWithinMs, 'late', { signal: timer.signal }).catch(() => '')
    if ((await Promise.race([exited, patience])) === 'late') child.kill('SIGKILL')
    timer.abort()
    return exited
  }
  return {
    name: options.name,
    pid: child.pid ?? -1,
    lines,
    exited,
    kill: (signal) => void child.kill(signal),
    stop,
    waitForLine: (matches, { withinMs }) =>
      eventually(
        `a line of ${options.name} that matches ${matches}`,
        () => lines.find((line) => matches.test(line)),
        { withinMs },
      ),
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

async function untilReady(program: Program, options: ProgramOptions): Promise<void> {
  const { name, ready, readyWithinMs: withinMs } = options
  let end: ProgramExit | undefined
  void program.exited.then((exit) => (end = exit))
  await eventually(
    `${name} is ready (${ready.kind === 'line' ? ready.matches : ready.kind})`,
    async () => {
      // Why before the end: a program may say that it is ready and end between two looks.
      if (await isReady(program, ready)) return true
      if (end !== undefined) throw new Error(`${name} ended with ${end.signal ?? end.code}.`)
      return false
    },
    { withinMs },
  )
}

async function isReady(program: Program, ready: Readiness): Promise<boolean> {
  switch (ready.kind) {
    case 'line':
      return program.lines.some((line) => ready.matches.test(line))
    case 'port':
      return accepts(ready.port)
    default:
      return ready satisfies never
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function inheritedEnvironment(): Record<string, string> {
  const inherited: Record<string, string> = {}
  for (const name of INHERITED) {
    const value = process.env[name]
    if (value !== undefined) inherited[name] = value
  }
  return inherited
}
