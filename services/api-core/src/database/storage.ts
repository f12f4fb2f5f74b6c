import { Kysely } from 'kysely'
import type { Logger } from '@fingerpost/chassis/logger'
import { StartError } from '@fingerpost/chassis/start-error'
import { createPostgresDialect } from './postgres.ts'
import { createSqliteDialect } from './sqlite-dialect.ts'
import { openSqlite } from './sqlite.ts'
import type { Tables } from './tables.ts'
import { translatingErrors } from './translating-dialect.ts'

/** The engines that the one set of queries runs on. */
export type Engine = 'sqlite' | 'postgres'

/** The database of this process. */
export type Storage = AsyncDisposable & {
  readonly db: Kysely<Tables>
  readonly engine: Engine
}

/**
 * Opens the database that a URL names: `sqlite:<path>` or `postgres://…`.
 * PostgreSQL is connected with the first query, so it may be down meanwhile.
 *
 * @throws {StartError} when the URL is neither, or no restart can make the SQLite file usable
 */
export function openStorage(url: string, log: Logger): Storage {
  const engine = engineOf(url)
  const dialect =
    engine === 'sqlite'
      ? createSqliteDialect(openSqlite(url.slice('sqlite:'.length)))
      : createPostgresDialect(url, log)
  const db = new Kysely<Tables>({ dialect: translatingErrors(dialect) })
  return { db, engine, [Symbol.asyncDispose]: () => db.destroy() }
}

/** @throws {StartError} when the URL is of no engine that we know */
function engineOf(url: string): Engine {
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) return 'sqlite'
  if (/^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url)) return 'postgres'
  throw new StartError(
    'DATABASE_URL is neither "sqlite:<path>" nor "postgres://user:password@host:port/name".',
  )
}
