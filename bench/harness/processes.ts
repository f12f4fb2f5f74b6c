import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startProgram, type Program } from '../../test/support/program.ts'
import type { Cores } from './report.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** A program to run on one core; undefined: on all. */
export type PinnedProgram = {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly core: number | undefined
}

/** A program of this repository that says on a line of JSON where it listens. */
export type NodeProgram = {
  readonly name: string
  /** From the root of the repository. */
  readonly script: string
  readonly nodeArgs?: readonly string[]
  /** Given to it as JSON. */
  readonly options?: object
  readonly env?: Readonly<Record<string, string>>
  readonly core: number | undefined
}

const STOP_MS = 10_000
const READY_MS = 60_000

/** Starts a program that is ready when it prints a matching line, or when it accepts on a port. */
export function startPinned(
  program: PinnedProgram,
  ready: RegExp | { readonly port: number },
): Promise<Program> {
  return startProgram({
    name: program.name,
    ...pinnedCommand(program),
    env: program.env ?? {},
    cwd: program.cwd ?? REPOSITORY,
    ready: ready instanceof RegExp ? { kind: 'line', matches: ready } : { kind: 'port', ...ready },
    readyWithinMs: READY_MS,
    stopWithinMs: STOP_MS,
  })
}

/**
 * Runs a program to its end and gives its lines.
 *
 * @throws Error with its last lines when it fails or takes longer than `msMax`
 */
export async function runPinned(program: PinnedProgram, msMax: number): Promise<readonly string[]> {
  await using running = await startProgram({
    name: program.name,
    ...pinnedCommand(program),
    env: program.env ?? {},
    cwd: program.cwd ?? REPOSITORY,
    // Why so long: who writes to a pipe may say nothing before the end.
    ready: { kind: 'line', matches: /./ },
    readyWithinMs: msMax,
    stopWithinMs: STOP_MS,
  })
  const patience = new AbortController()
  const late = delay(msMax, 'late', { signal: patience.signal }).catch(() => 'late')
  const end = await Promise.race([running.exited, late])
  patience.abort()
  if (end === 'late' || typeof end === 'string' || end.code !== 0) {
    const tail = running.lines.slice(-10).join('\n  ')
    throw new Error(`${program.name} failed, or took more than ${msMax} ms:\n  ${tail}`)
  }
  return running.lines
}

/** Starts a script of this repository and gives the object that it prints when it is ready. */
export async function startNode(
  program: NodeProgram,
): Promise<{ readonly program: Program; readonly ready: Readonly<Record<string, unknown>> }> {
  const isReady = /"ready":true|"message":"started"/
  const running = await startPinned(nodeCommand(program), isReady)
  const line = await running.waitForLine(isReady, { withinMs: READY_MS })
  return { program: running, ready: JSON.parse(line) }
}

/** Runs a script of this repository to its end and gives the last object that it printed. */
export async function runNode(
  program: NodeProgram,
  msMax: number,
): Promise<Readonly<Record<string, unknown>>> {
  const lines = await runPinned(nodeCommand(program), msMax)
  return JSON.parse(lines.findLast((line) => line.startsWith('{')) ?? '{}')
}

/** Tells which cores the subjects and the load may use: the first two that we may. */
export async function chooseCores(): Promise<Cores> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? ''
  const [server, load] = list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  if (server === undefined || load === undefined || availableParallelism() < 2) {
    throw new Error(
      'The benchmarks need Linux and two cores: one for the subject, one for the load.',
    )
  }
  return { server, load }
}

const TICKS_PER_S = 100

/** Tells how many milliseconds of CPU a process has used so far, all threads together. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // Why after the last bracket: the name before it may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_S
}

/** Tells how many octets of memory a process has resident. */
export async function residentOctetsOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? NaN) * 1024
}

function pinnedCommand({ command, args, core }: PinnedProgram): {
  readonly command: string
  readonly args: readonly string[]
} {
  if (core === undefined) return { command, args }
  return { command: 'taskset', args: ['-c', String(core), command, ...args] }
}

function nodeCommand(program: NodeProgram): PinnedProgram {
  const { name, script, nodeArgs = [], options, env = {}, core } = program
  const given = options === undefined ? [] : [JSON.stringify(options)]
  return { name, command: process.execPath, args: [...nodeArgs, script, ...given], env, core }
}
