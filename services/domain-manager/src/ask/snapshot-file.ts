import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno, readFileIfPresent, writeFileAtomically } from '@fingerpost/chassis/atomic-file'
import type { HostnameList, HostnameTable } from './hostname-table.ts'
import { decodeSnapshot, encodeSnapshot } from './snapshot-format.ts'

/** What the snapshot files gave at start. */
export type LoadedSnapshot = {
  /** Undefined: no file could be used. */
  readonly list: HostnameList | undefined
  /** A sentence for each file that is there but cannot be used. */
  readonly problems: readonly string[]
}

/**
 * The file from which ask answers after a restart, and the one before it: a
 * broken one is never the last.
 */
export class SnapshotFile {
  readonly path: string
  readonly previousPath: string
  // Only a whole file becomes the previous one.
  #isWhole = false

  constructor(dataDir: string) {
    this.path = join(dataDir, 'ask', 'hostnames.snapshot')
    this.previousPath = join(dataDir, 'ask', 'hostnames.previous.snapshot')
  }

  /** Reads the newest file that is whole. */
  async load(): Promise<LoadedSnapshot> {
    const problems: string[] = []
    for (const path of [this.path, this.previousPath]) {
      const read = await readSnapshot(path)
      if (read === undefined) continue
      if (read.ok) {
        this.#isWhole = path === this.path
        return { list: read.list, problems }
      }
      problems.push(`The snapshot "${path}" cannot be used: ${read.problem}.`)
    }
    return { list: undefined, problems }
  }

  /** Writes the table as the newest file. A crash at any point leaves a whole one. */
  async save(table: HostnameTable): Promise<void> {
    const { currentAt, sequence } = table
    if (currentAt === undefined) return
    const entries = (): ReturnType<HostnameTable['entries']> => table.entries()
    const content = await encodeSnapshot({ sequence, currentAt, entries })
    if (this.#isWhole) await keepAs(this.path, this.previousPath)
    this.#isWhole = false
    await writeFileAtomically(this.path, content, 0o600)
    this.#isWhole = true
  }
}

async function readSnapshot(path: string): Promise<ReturnType<typeof decodeSnapshot> | undefined> {
  try {
    const content = await readFileIfPresent(path)
    return content === undefined ? undefined : decodeSnapshot(content)
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) }
  }
}

async function keepAs(path: string, previousPath: string): Promise<void> {
  try {
    await rename(path, previousPath)
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
  }
}
