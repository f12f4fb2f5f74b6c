import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { assertSqliteVersion, openSqlite } from './sqlite.ts'

t.test('a SQLite that can lose committed rows is refused', async (t) => {
  for (const version of ['3.51.2', '3.50.9', '3.7.0', '2.99.99', '']) {
    t.throws(() => assertSqliteVersion(version), { name: 'StartError' }, version)
  }
  for (const version of ['3.51.3', '3.52.0', '3.53.4', '4.0.0']) assertSqliteVersion(version)
})

t.test('a new database is private, durable and checks its references', async (t) => {
  const path = join(t.testdir(), 'sub', 'db.sqlite')
  const database = openSqlite(path)
  t.teardown(() => database.close())
  t.equal(statSync(path).mode & 0o777, 0o600)
  const pragma = (name: string) => Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0]
  t.equal(pragma('journal_mode'), 'wal')
  t.equal(pragma('synchronous'), 2)
  t.equal(pragma('foreign_keys'), 1)
  t.equal(pragma('busy_timeout'), 250)
})

t.test('a file that is no database is one sentence', async (t) => {
  const folder = t.testdir({ 'db.sqlite': 'this is a text file, and a rather long one'.repeat(50) })
  t.throws(() => openSqlite(join(folder, 'db.sqlite')), {
    name: 'StartError',
    message: /^The database file ".*" cannot be used: /,
  })
  t.throws(() => openSqlite(folder), { name: 'StartError', message: /cannot be opened/ })
})
