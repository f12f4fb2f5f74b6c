import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno, readFileIfPresent, writeFileAtomically } from '@fingerpost/chassis/atomic-file'

/** A file, as the folder's list tells of it. */
export type ListedFile = {
  readonly name: string
  readonly octets: number
}

/** The folder in which batches of clicks wait. Tests have one in memory. */
export type ClickFiles = {
  /** Gives undefined when there is no such file. */
  read(name: string): Promise<string | undefined>
  /** Replaces the file as a whole or not at all. */
  write(name: string, content: string): Promise<void>
  /** A file that is gone already is no failure. */
  remove(name: string): Promise<void>
  /** Keeps a file that cannot be read, out of the way. */
  setAside(name: string): Promise<void>
  list(): Promise<readonly ListedFile[]>
}

/** The folder on the disk; it is made when the first file is written. */
export function clickFilesIn(folder: string): ClickFiles {
  return {
    async read(name) {
      return (await readFileIfPresent(join(folder, name)))?.toString('utf8')
    },
    async write(name, content) {
      await writeFileAtomically(join(folder, name), content, 0o600)
    },
    async remove(name) {
      await rm(join(folder, name), { force: true })
    },
    async setAside(name) {
      const names = await namesIn(folder)
      const isCrowded = names.filter((other) => other.endsWith(ASIDE)).length >= ASIDE_MAX
      if (isCrowded) await rm(join(folder, name), { force: true })
      else await rename(join(folder, name), join(folder, name + ASIDE))
    },
    async list() {
      const listed: ListedFile[] = []
      for (const name of await namesIn(folder)) {
        const found = await stat(join(folder, name)).catch(() => undefined)
        if (found === undefined) continue
        listed.push({ name, octets: found.size })
      }
      return listed
    },
  }
}

const ASIDE = '.bad'
/** More unreadable files than this are deleted. */
const ASIDE_MAX = 100

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}
