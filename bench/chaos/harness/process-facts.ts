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
 * Watches the memory of a process until a signal, and gives by how many MiB the last quarter of
 * that time is above the one before: the first half fills caches.
 */
export async function memoryGrowthOf(pid: number, until: AbortSignal): Promise<number> {
  const points: number[] = []
  while (!until.aborted) {
    points.push(await residentMibOf(pid))
    // Why ignored: the end of waiting is what the signal is for.
    await delay(100, undefined, { signal: until }).catch(() => undefined)
  }
  const quarter = Math.floor(points.length / 4)
  return mean(points.slice(-quarter)) - mean(points.slice(-2 * quarter, -quarter))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
