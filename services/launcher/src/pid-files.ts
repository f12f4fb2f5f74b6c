import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readFileIfPresent, writeFileAtomically } from '@fingerpost/chassis/atomic-file'
import { runDir } from '@fingerpost/chassis/run-files'

/** A process that an earlier start left behind. */
export type Leftover = { readonly name: string; readonly pid: number }

/** Notes the process that runs as `name`, in `<data dir>/run/<name>.pid`. */
export async function writePidFile(dataDir: string, name: string, pid: number): Promise<void> {
  await writeFileAtomically(pidPath(dataDir, name), `${pid}\n`, 0o644)
}

/** Takes the note away once the process is gone. */
export async function removePidFile(dataDir: string, name: string): Promise<void> {
  await rm(pidPath(dataDir, name), { force: true })
}

/**
 * Finds the processes of an earlier start that still run on a data directory.
 *
 * @param marks by name, a text that its command line contains: a process id
 *   that has since gone to another program is none of ours
 */
export async function findLeftovers(
  dataDir: string,
  marks: Readonly<Record<string, string>>,
): Promise<readonly Leftover[]> {
  const found = await Promise.all(
    Object.entries(marks).map(async ([name, mark]) => {
      const content = await readFileIfPresent(pidPath(dataDir, name))
      const pid = Number(content?.toString('utf8').trim())
      const isOurs = Number.isSafeInteger(pid) && pid > 1 && (await runsAs(pid, mark))
      return isOurs ? [{ name, pid }] : []
    }),
  )
  return found.flat()
}

function pidPath(dataDir: string, name: string): string {
  return join(runDir(dataDir), `${name}.pid`)
}

async function runsAs(pid: number, mark: string): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch {
    // Why ignored: no such process, or another user's and so none of ours.
    return false
  }
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes(mark)
  } catch {
    // Why true: without /proc the process id is all there is to go by.
    return process.platform !== 'linux'
  }
}
