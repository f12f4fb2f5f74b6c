import { AppError } from '@fingerpost/model/errors'

/** The unique indexes whose refusal means something to a caller. */
export type UniqueIndex =
  'domains_holder' | 'domains_hostname_in_workspace' | 'links_slug' | 'idempotency_keys_key'

/** A row that a unique index refused; the whole transaction is lost. */
export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation'
  /** Undefined: an index that no caller expects to refuse. */
  readonly index: UniqueIndex | undefined

  constructor(index: UniqueIndex | undefined, cause: unknown) {
    super(`A unique index refused a row: ${describe(cause)}`, { cause })
    this.index = index
  }
}

/** Tells whether an error is the refusal of one certain unique index. */
export function isRefusedBy(error: unknown, index: UniqueIndex): boolean {
  return error instanceof UniqueViolation && error.index === index
}

// 40001: the transactions of two sessions cannot both be; 40P01: they wait for each other.
const CONFLICT_CODES: ReadonlySet<string> = new Set(['40001', '40P01'])

/** Tells whether PostgreSQL undid a transaction for another one, so that it can be done again. */
export function isConflict(error: unknown): boolean {
  const cause = error instanceof AppError ? error.cause : undefined
  if (!(cause instanceof Error) || !('code' in cause)) return false
  return CONFLICT_CODES.has(String(cause.code))
}

/**
 * Turns an error of either engine into what the rest of the service knows:
 * `UniqueViolation`, `storage_full`, `storage_unavailable`. Any other error is
 * a bug and stays as it is.
 *
 * @see sqlite.org/rescode.html, PostgreSQL documentation appendix A (error codes)
 */
export function translateStorageError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (error instanceof AppError || error instanceof UniqueViolation) return error
  const errcode = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0
  if (errcode !== 0) return translateSqlite(error, errcode)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return translatePostgres(error, code)
}

const SQLITE_UNIQUE: ReadonlySet<number> = new Set([2067, 1555])
const SQLITE_FULL = 13
// BUSY, LOCKED, NOMEM, READONLY, IOERR, CORRUPT, CANTOPEN, PROTOCOL, NOTADB.
const SQLITE_UNAVAILABLE: ReadonlySet<number> = new Set([5, 6, 7, 8, 10, 11, 14, 15, 26])

/** SQLite names the columns of a refusing index, not the index. */
const INDEX_BY_COLUMNS: Readonly<Record<string, UniqueIndex>> = {
  'domains.hostname': 'domains_holder',
  'domains.workspace_id, domains.hostname': 'domains_hostname_in_workspace',
  'links.domain_id, links.slug': 'links_slug',
  'idempotency_keys.owner, idempotency_keys.key': 'idempotency_keys_key',
}

function translateSqlite(error: Error, errcode: number): unknown {
  if (SQLITE_UNIQUE.has(errcode)) {
    const columns = /UNIQUE constraint failed: (.*)$/.exec(error.message)?.[1] ?? ''
    return new UniqueViolation(INDEX_BY_COLUMNS[columns], error)
  }
  // Why masked: the low octet is the primary code, the rest says more about it.
  const primary = errcode & 0xff
  if (primary === SQLITE_FULL) return full(error)
  return SQLITE_UNAVAILABLE.has(primary) ? unavailable(error) : error
}

const INDEX_NAMES: ReadonlySet<string> = new Set(Object.values(INDEX_BY_COLUMNS))

function isUniqueIndex(name: string): name is UniqueIndex {
  return INDEX_NAMES.has(name)
}

// 08 connection, 40 rollback (serialization, deadlock), 53 resources, 57 operator
// intervention (shutdown, timeout), 58 system, XX internal; 25006 a standby, 42P01 no tables yet.
const POSTGRES_UNAVAILABLE = /^(?:08|40|53|57|58|XX)[0-9A-Z]{3}$|^25006$|^25P03$|^42P01$|^55P03$/
const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
])
const DRIVER_MESSAGES = [
  'Connection terminated',
  'Query read timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Client has encountered a connection error',
] as const

function translatePostgres(error: Error, code: string): unknown {
  if (code === '23505') {
    const name = 'constraint' in error ? String(error.constraint) : ''
    return new UniqueViolation(isUniqueIndex(name) ? name : undefined, error)
  }
  if (code === '53100') return full(error)
  if (POSTGRES_UNAVAILABLE.test(code) || NETWORK_CODES.has(code)) return unavailable(error)
  const isLoss = DRIVER_MESSAGES.some((message) => error.message.startsWith(message))
  return isLoss ? unavailable(error) : error
}

function full(cause: Error): AppError {
  return new AppError(
    'storage_full',
    'The disk of the database is full, so nothing can be written. Reading still works.',
    { cause },
  )
}

function unavailable(cause: Error): AppError {
  return new AppError(
    'storage_unavailable',
    'The database cannot be used at the moment. Try again in a moment.',
    { cause },
  )
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
