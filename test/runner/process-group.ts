import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_AGAIN_MS = 50

/** Sends a signal to every process of a group; a group that is gone is fine. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal)
  } catch {
    // Why ignored: the last process of the group ended by itself.
  }
}

/**
 * Waits until a process group is empty, at most `waitMsMax`.
 *
 * @returns what still runs then, one line each; always empty on systems without `/proc`
 */
export async function waitForGroupToEnd(
  groupId: number,
  waitMsMax: number,
): Promise<readonly string[]> {
  const giveUpAt = performance.now() + waitMsMax
  for (;;) {
    const left = isGroupThere(groupId) ? await membersOf(groupId) : []
    if (left.length === 0 || performance.now() > giveUpAt) return left
    await sleep(LOOK_AGAIN_MS)
  }
}

function isGroupThere(groupId: number): boolean {
  try {
    return process.kill(-groupId, 0)
  } catch {
    // Why false: no process is in the group any more.
    return false
  }
}

/** Lists the processes of a group but the dead ones that nobody has waited for yet. */
async function membersOf(groupId: number): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(pids.map((pid) => readMember(pid, groupId)))
  return lines.filter((line) => line !== undefined)
}

/** @see proc(5), /proc/pid/stat: pid (comm) state ppid pgrp */
async function readMember(pid: string, groupId: number): Promise<string | undefined> {
  const [stat, command] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
    readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
  ])
  const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (Number(group) !== groupId || state === 'Z' || state === 'X') return undefined
  return `${pid} ${command.replaceAll('\0', ' ').trim()}`
}
