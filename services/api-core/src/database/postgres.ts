import { PostgresDialect, type Dialect } from 'kysely'
import { Pool, types } from 'pg'
import type { Logger } from '@fingerpost/chassis/logger'
import type { DurationMs } from '@fingerpost/model/time'

const CONNECT_MS_MAX = 1_000
const IDLE_TRANSACTION_MS_MAX = 10_000
// Why: a connection that is lost without a word is noticed long before a migration's limit.
const KEEP_ALIVE_MS: DurationMs = 10_000

/** What a process takes of PostgreSQL at most. */
export type PostgresLimits = {
  readonly connectionsMax: number
  readonly queryMsMax: DurationMs
}

/** For what somebody waits for. */
export const REQUEST_LIMITS: PostgresLimits = { connectionsMax: 10, queryMsMax: 3_000 }

/** For migrations: an index of millions of rows takes its time, and so does another's migration. */
export const MIGRATION_LIMITS: PostgresLimits = { connectionsMax: 2, queryMsMax: 3_600_000 }

/**
 * Makes the dialect for PostgreSQL. Connects with the first query, and again
 * after every loss; every wait has an end.
 */
export function createPostgresDialect(
  url: string,
  { connectionsMax, queryMsMax }: PostgresLimits,
  log: Logger,
): Dialect {
  const pool = new Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: queryMsMax,
    statement_timeout: queryMsMax,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: 'fingerpost-api-core',
    types: { getTypeParser },
  })
  // Why: without a listener the loss of an idle connection ends the process.
  pool.on('error', (error) => log.warn({ error }, 'a connection to PostgreSQL was lost'))
  return new PostgresDialect({ pool })
}

// Why: the driver gives bigint as text, but every one of ours is an instant, a
// sequence or a count, and fits a number.
const getTypeParser: typeof types.getTypeParser = (
  oid: Parameters<typeof types.getTypeParser>[0],
  format?: 'text' | 'binary',
): ((text: string) => unknown) =>
  oid === types.builtins.INT8 ? Number : types.getTypeParser(oid, format ?? 'text')
