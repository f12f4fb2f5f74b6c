import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartError } from '@fingerpost/chassis/start-error'

// Older versions can lose a committed transaction when a checkpoint resets the
// write-ahead log beside another writer.
const SQLITE_VERSION_MIN = [3, 51, 3] as const

// Why short: waiting for another process's lock stands still with everything else.
const BUSY_MS_MAX = 250

/**
 * Opens the SQLite file, and makes it (0600) when there is none.
 *
 * A commit is on the disk before it is answered (`synchronous = FULL`).
 *
 * @throws {StartError} for what a restart cannot mend: the file may not be opened,
 *   is no database, or SQLite is too old
 * @throws {Error} for what may pass: a full disk, an I/O error, another process's lock
 * @see sqlite.org/wal.html, sqlite.org/pragma.html#pragma_synchronous
 */
export function openSqlite(path: string): DatabaseSync {
  let database: DatabaseSync
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
    database = new DatabaseSync(path, { timeout: BUSY_MS_MAX, enableForeignKeyConstraints: true })
  } catch (error) {
    throw openingError(path, error)
  }
  try {
    assertSqliteVersion(sqliteVersion(database))
    // Why: it holds secrets of webhooks, the hashes of tokens and every customer's links.
    if (path !== ':memory:') chmodSync(path, 0o600)
    database.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; ' +
        'pragma trusted_schema = off; pragma journal_size_limit = 67108864',
    )
  } catch (error) {
    database.close()
    throw openingError(path, error)
  }
  return database
}

const SQLITE_CANNOT_OPEN = 14
const SQLITE_NOT_A_DATABASE = 26
/** Errors of the file system that last until somebody changes the path or its rights. */
const LASTING_FILE_ERRORS: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
])

/**
 * Makes the error for a file that could not be opened: a `StartError` only when
 * a restart cannot mend it, because a process that ends with one stays ended.
 *
 * @see sqlite.org/rescode.html
 */
export function openingError(path: string, cause: unknown): Error {
  if (cause instanceof StartError) return cause
  const message = `The database file "${path}" cannot be opened: ${String(cause)}`
  return isLasting(cause) ? new StartError(message) : new Error(message, { cause })
}

function isLasting(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('errcode' in error && typeof error.errcode === 'number') {
    // Why masked: the low octet is the primary code, the rest says more about it.
    const primary = error.errcode & 0xff
    return primary === SQLITE_CANNOT_OPEN || primary === SQLITE_NOT_A_DATABASE
  }
  return 'code' in error && LASTING_FILE_ERRORS.has(String(error.code))
}

/**
 * Refuses a SQLite that has the write-ahead log's reset bug.
 *
 * @throws {StartError} below 3.51.3
 */
export function assertSqliteVersion(version: string): void {
  const parts = version.split('.').map(Number)
  for (const [index, least] of SQLITE_VERSION_MIN.entries()) {
    const part = parts[index] ?? 0
    if (part > least) return
    if (part < least) {
      throw new StartError(
        `SQLite ${version} can lose committed rows; ${SQLITE_VERSION_MIN.join('.')} or later is ` +
          'needed. Run this with the Node.js that the package brings.',
      )
    }
  }
}

function sqliteVersion(database: DatabaseSync): string {
  return String(database.prepare('select sqlite_version() as version').get()?.['version'])
}
