import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readStartErrorMessage } from '@fingerpost/chassis/lifecycle'
import { LineSplitter } from './line-splitter.ts'

/** How to start one program. */
export type ChildSpec = {
  /** The service's name, or `caddy`. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether it watches a channel to us, by which it notices our end. */
  readonly hasChannel: boolean
}

/** How a program ended. */
export type ChildExit = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The sentence with which it said that it cannot start. */
  readonly startError: string | undefined
}

/** A running program. */
export type Child = {
  readonly pid: number | undefined
  /** Resolves when the process is gone and its output has been read. */
  readonly exited: Promise<ChildExit>
  kill(signal: NodeJS.Signals): void
}

/** Starts a program; each line of its output goes to `onLine`. */
export function startChild(spec: ChildSpec, onLine: (line: string) => void): Child {
  const child = spawn(spec.command, [...spec.args], {
    env: { ...spec.environment },
    stdio: spec.hasChannel ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
    // Why: a Ctrl-C in the terminal is for the launcher, which stops the others in order.
    detached: true,
  })
  let startError: string | undefined
  child.on('message', (message) => {
    startError ??= readStartErrorMessage(message)
  })
  const outputRead = [child.stdout, child.stderr].map(async (stream) => {
    if (stream === null) return
    const splitter = new LineSplitter(onLine)
    stream.on('data', (chunk: Buffer) => splitter.write(chunk))
    await once(stream, 'close')
    splitter.end()
  })
  return {
    pid: child.pid,
    exited: exitOf(child, onLine).then(async ({ code, signal }) => {
      await Promise.race([Promise.all(outputRead), outputPatience()])
      return { code, signal, startError }
    }),
    kill: (signal) => void child.kill(signal),
  }
}

// Why not wait for ever: a grandchild may hold the pipe open after the child is gone.
function outputPatience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500).unref())
}

// Why not the event "close": it never comes once the channel has been cut from our side.
function exitOf(
  child: ChildProcess,
  onLine: (line: string) => void,
): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.on('error', (error) => {
      onLine(`${child.spawnfile}: ${error.message}`)
      if (child.pid === undefined) resolve({ code: null, signal: null })
    })
  })
}
