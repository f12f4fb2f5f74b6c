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
 * @throws {StartError} when the file cannot be opened or SQLite is too old
 * @see sqlite.org/wal.html, sqlite.org/pragma.html#pragma_synchronous
 */
export function openSqlite(path: string): DatabaseSync {
  let database: DatabaseSync
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
    database = new DatabaseSync(path, { timeout: BUSY_MS_MAX, enableForeignKeyConstraints: true })
  } catch (error) {
    throw new StartError(`The database file "${path}" cannot be opened: ${String(error)}`)
  }
  try {
    assertSqliteVersion(sqliteVersion(database))
    // Why: it holds the hashes of tokens and every customer's links.
    if (path !== ':memory:') chmodSync(path, 0o600)
    database.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; ' +
        'pragma trusted_schema = off; pragma journal_size_limit = 67108864',
    )
  } catch (error) {
    database.close()
    if (error instanceof StartError) throw error
    throw new StartError(`The database file "${path}" cannot be used: ${String(error)}`)
  }
  return database
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
