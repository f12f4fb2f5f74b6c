import { PostgresDialect, type Dialect } from 'kysely'
import { Pool, types } from 'pg'
import type { Logger } from '@fingerpost/chassis/logger'

/** Most connections of one process. */
const CONNECTIONS_MAX = 10
const CONNECT_MS_MAX = 1_000
const QUERY_MS_MAX = 3_000
const IDLE_TRANSACTION_MS_MAX = 10_000

/**
 * Makes the dialect for PostgreSQL. Connects with the first query, and again
 * after every loss; every wait has an end.
 */
export function createPostgresDialect(url: string, log: Logger): Dialect {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: QUERY_MS_MAX,
    statement_timeout: QUERY_MS_MAX,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS_MAX,
    keepAlive: true,
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
