import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isErrno, readFileIfPresent, replaceFile } from '@fingerpost/chassis/atomic-file'
import type { CompactHostnames } from './compact-hostnames.ts'
import type { HostnameList, HostnameTable } from './hostname-table.ts'
import { decodeSnapshot, encodeHead, HEAD_OCTETS, snapshotChunks } from './snapshot-format.ts'

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

  /**
   * Reads the newest file that is whole.
   *
   * @param listFor gives an empty list for so many hostnames
   */
  async load(listFor: (count: number) => CompactHostnames): Promise<LoadedSnapshot> {
    const problems: string[] = []
    for (const path of [this.path, this.previousPath]) {
      const read = await readSnapshot(path, listFor)
      if (read === undefined) continue
      if (read.ok) {
        this.#isWhole = path === this.path
        return { list: read.list, problems }
      }
      problems.push(`The snapshot "${path}" cannot be used: ${read.problem}.`)
    }
    return { list: undefined, problems }
  }

  /**
   * Writes the table as the newest file, letting asks through in between. A crash
   * at any point leaves a whole file.
   */
  async save(table: HostnameTable): Promise<void> {
    const { currentAt, sequence } = table
    if (currentAt === undefined) return
    await replaceFile(this.path, 0o600, async (file) => {
      const chunks = snapshotChunks({ sequence, currentAt, entries: () => table.entries() })
      await file.writeFile(Buffer.alloc(HEAD_OCTETS))
      let next = chunks.next()
      for (; next.done !== true; next = chunks.next()) {
        await file.writeFile(next.value)
        await nextTurn()
      }
      await file.write(encodeHead(next.value), 0, HEAD_OCTETS, 0)
      await file.sync()
      // Why only now: while this one was written, the one before was the newest.
      if (this.#isWhole) await keepAs(this.path, this.previousPath)
      this.#isWhole = false
    })
    this.#isWhole = true
  }
}

async function readSnapshot(
  path: string,
  listFor: (count: number) => CompactHostnames,
): Promise<ReturnType<typeof decodeSnapshot> | undefined> {
  try {
    const content = await readFileIfPresent(path)
    return content === undefined ? undefined : decodeSnapshot(content, listFor)
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
