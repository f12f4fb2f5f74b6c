import t from 'tap'
import { AppError } from '@fingerpost/model/errors'
import { isRefusedBy, translateStorageError, UniqueViolation } from './storage-errors.ts'

const sqlite = (errcode: number, message = 'x') => Object.assign(new Error(message), { errcode })
const postgres = (code: string, facts: object = {}) =>
  Object.assign(new Error('x'), { code, ...facts })

const CODES = [
  ['SQLite: disk full', sqlite(13), 'storage_full'],
  ['SQLite: busy', sqlite(5), 'storage_unavailable'],
  ['SQLite: busy, an old snapshot', sqlite(517), 'storage_unavailable'],
  ['SQLite: locked', sqlite(6), 'storage_unavailable'],
  ['SQLite: I/O error on fsync', sqlite(1034), 'storage_unavailable'],
  ['SQLite: read-only', sqlite(8), 'storage_unavailable'],
  ['SQLite: damaged', sqlite(11), 'storage_unavailable'],
  ['SQLite: cannot open', sqlite(14), 'storage_unavailable'],
  ['PostgreSQL: disk full', postgres('53100'), 'storage_full'],
  ['PostgreSQL: too many connections', postgres('53300'), 'storage_unavailable'],
  ['PostgreSQL: shutting down', postgres('57P01'), 'storage_unavailable'],
  ['PostgreSQL: starting up', postgres('57P03'), 'storage_unavailable'],
  ['PostgreSQL: statement timeout', postgres('57014'), 'storage_unavailable'],
  ['PostgreSQL: connection failure', postgres('08006'), 'storage_unavailable'],
  ['PostgreSQL: deadlock', postgres('40P01'), 'storage_unavailable'],
  ['PostgreSQL: a standby', postgres('25006'), 'storage_unavailable'],
  ['PostgreSQL: no tables yet', postgres('42P01'), 'storage_unavailable'],
  ['network: refused', postgres('ECONNREFUSED'), 'storage_unavailable'],
  ['network: reset', postgres('ECONNRESET'), 'storage_unavailable'],
  ['network: no such host', postgres('ENOTFOUND'), 'storage_unavailable'],
  [
    'driver: no connection in time',
    new Error('timeout exceeded when trying to connect'),
    'storage_unavailable',
  ],
  ['driver: no answer in time', new Error('Query read timeout'), 'storage_unavailable'],
  ['driver: lost', new Error('Connection terminated unexpectedly'), 'storage_unavailable'],
] as const

for (const [what, error, code] of CODES) {
  t.test(`${what} is ${code}`, async (t) => {
    const translated = translateStorageError(error)
    t.match(translated, { code, cause: error })
    t.type(translated, AppError)
    t.equal(translateStorageError(translated), translated, 'and stays it')
  })
}

const BUGS = [
  ['SQLite: a foreign key', sqlite(787)],
  ['SQLite: a check', sqlite(275)],
  ['SQLite: bad SQL', sqlite(1)],
  ['PostgreSQL: a foreign key', postgres('23503')],
  ['PostgreSQL: bad SQL', postgres('42601')],
  ['PostgreSQL: a zero octet in text', postgres('22021')],
  ['any other error', new TypeError('x is not a function')],
  ['what is no error at all', 'x'],
] as const

for (const [what, error] of BUGS) {
  t.test(`${what} stays as it is`, async (t) => {
    t.equal(translateStorageError(error), error)
  })
}

t.test('a refusal by a unique index is known by its index, on both engines', async (t) => {
  const cases = [
    [sqlite(2067, 'UNIQUE constraint failed: domains.hostname'), 'domains_holder'],
    [postgres('23505', { constraint: 'domains_holder' }), 'domains_holder'],
    [
      sqlite(2067, 'UNIQUE constraint failed: domains.workspace_id, domains.hostname'),
      'domains_hostname_in_workspace',
    ],
    [sqlite(2067, 'UNIQUE constraint failed: links.domain_id, links.slug'), 'links_slug'],
    [postgres('23505', { constraint: 'links_slug' }), 'links_slug'],
    [
      sqlite(1555, 'UNIQUE constraint failed: idempotency_keys.owner, idempotency_keys.key'),
      'idempotency_keys_key',
    ],
  ] as const
  for (const [error, index] of cases) {
    const translated = translateStorageError(error)
    t.ok(isRefusedBy(translated, index), index)
    t.notOk(isRefusedBy(error, index))
    t.equal(translateStorageError(translated), translated)
  }
  const unnamed = translateStorageError(postgres('23505', { constraint: 'domains_pkey' }))
  t.type(unnamed, UniqueViolation)
  t.match(unnamed, { index: undefined })
})
