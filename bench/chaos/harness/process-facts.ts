import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { residentOctetsOf } from '../../harness/processes.ts'

const MIB = 1_048_576

/** Counts the open files of a process, sockets among them. */
export async function openFilesOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length
}

/** Gives the processes that a process has started and that still run. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim() === '' ? [] : text.trim().split(' ').map(Number)
}

/** Gives the resident memory of a process in MiB. */
export async function residentMibOf(pid: number): Promise<number> {
  return (await residentOctetsOf(pid)) / MIB
}

/**
 * Watches the memory of a process until a signal, and gives by how many MiB a minute it grew in
 * the second half: the first half fills caches.
 */
export async function memorySlopeOf(pid: number, until: AbortSignal): Promise<number> {
  const points: { readonly atMin: number; readonly mib: number }[] = []
  while (!until.aborted) {
    points.push({ atMin: performance.now() / 60_000, mib: await residentMibOf(pid) })
    // Why ignored: the end of waiting is what the signal is for.
    await delay(250, undefined, { signal: until }).catch(() => undefined)
  }
  return slopeOf(points.slice(Math.floor(points.length / 2)))
}

/** The slope of the line that fits best. */
function slopeOf(points: readonly { readonly atMin: number; readonly mib: number }[]): number {
  const meanAt = mean(points.map(({ atMin }) => atMin))
  const meanMib = mean(points.map(({ mib }) => mib))
  let products = 0
  let squares = 0
  for (const { atMin, mib } of points) {
    products += (atMin - meanAt) * (mib - meanMib)
    squares += (atMin - meanAt) ** 2
  }
  return products / squares
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
