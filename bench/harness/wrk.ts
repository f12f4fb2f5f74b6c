import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runPinned } from './processes.ts'
import type { Measurement } from './rounds.ts'

const SCRIPT = fileURLToPath(new URL('replay.lua', import.meta.url))

/** A load as fast as the subject takes it. */
export type WrkLoad = {
  /** Its hostname becomes the SNI; connections go to 127.0.0.1 whatever it is. */
  readonly origin: string
  /** Written by `writeRequests`. */
  readonly requestsFile: string
  readonly connections: number
  readonly seconds: number
  readonly core: number
}

/** Writes requests to a file that wrk sends in a circle. */
export async function writeRequests(
  directory: string,
  requests: readonly string[],
): Promise<string> {
  const path = join(directory, 'requests.txt')
  await writeFile(path, requests.join(''), 'latin1')
  return path
}

/**
 * Loads a subject with wrk: one thread, keep-alive.
 *
 * @throws Error when a connection broke or an answer was 4xx or 5xx: such a figure means nothing
 */
export async function runWrk(load: WrkLoad): Promise<Measurement> {
  const args = [
    ['--threads', '1', '--connections', String(load.connections)],
    ['--duration', `${load.seconds}s`, '--timeout', '5s', '--latency'],
    ['--script', SCRIPT, load.origin, '--', load.requestsFile],
  ].flat()
  const program = { name: 'wrk', command: 'wrk', args, core: load.core }
  const text = (await runPinned(program, load.seconds * 1000 + 30_000)).join('\n')
  const trouble = /Socket errors:.*|Non-2xx or 3xx responses:.*/.exec(text)?.[0]
  if (trouble !== undefined) throw new Error(`wrk at ${load.origin}: ${trouble.trim()}`)
  return parseWrk(text)
}

function parseWrk(text: string): Measurement {
  const rate = Number(/Requests\/sec:\s*([\d.]+)/.exec(text)?.[1])
  if (!(rate > 0)) throw new Error(`wrk measured nothing:\n${text}`)
  return {
    requests: Number(/(\d+) requests in/.exec(text)?.[1]),
    rate,
    p50: durationOf(text, '50%'),
    p90: durationOf(text, '90%'),
    p99: durationOf(text, '99%'),
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 }

function durationOf(text: string, share: string): number {
  const [, value, unit = ''] = new RegExp(`\\s${share}\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? []
  return Number(value) * (UNITS_MS[unit] ?? NaN)
}
