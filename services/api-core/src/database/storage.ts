import { Kysely, type Dialect } from 'kysely'
import type { Logger } from '@fingerpost/chassis/logger'
import { StartError } from '@fingerpost/chassis/start-error'
import { createPostgresDialect, MIGRATION_LIMITS, REQUEST_LIMITS } from './postgres.ts'
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
  /** Does work whose statements may take longer than anybody waits for. */
  readonly withTime: <Result>(work: (db: Kysely<Tables>) => Promise<Result>) => Promise<Result>
}

/**
 * Opens the database that a URL names: `sqlite:<path>` or `postgres://…`.
 * PostgreSQL is connected with the first query, so it may be down meanwhile.
 *
 * @throws {StartError} when the URL is neither, or no restart can make the SQLite file usable
 */
export function openStorage(url: string, log: Logger): Storage {
  return engineOf(url) === 'sqlite' ? openFile(url) : openServer(url, log)
}

function openFile(url: string): Storage {
  const database = openSqlite(url.slice('sqlite:'.length))
  const db = kyselyOf(createSqliteDialect(database))
  // Why the same: nothing ends a statement of SQLite before its end.
  return {
    db,
    engine: 'sqlite',
    withTime: (work) => work(db),
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

function openServer(url: string, log: Logger): Storage {
  const db = kyselyOf(createPostgresDialect(url, REQUEST_LIMITS, log))
  return {
    db,
    engine: 'postgres',
    async withTime(work) {
      await using patient = kyselyOf(createPostgresDialect(url, MIGRATION_LIMITS, log))
      return await work(patient)
    },
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

function kyselyOf(dialect: Dialect): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: translatingErrors(dialect) })
}

/** @throws {StartError} when the URL is of no engine that we know */
function engineOf(url: string): Engine {
  if (url.startsWith('sqlite:') && url.length > 'sqlite:'.length) return 'sqlite'
  if (/^postgres(?:ql)?:\/\//.test(url) && URL.canParse(url)) return 'postgres'
  throw new StartError(
    'DATABASE_URL is neither "sqlite:<path>" nor "postgres://user:password@host:port/name".',
  )
}
