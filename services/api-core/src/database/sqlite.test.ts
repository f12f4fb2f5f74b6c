import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { assertSqliteVersion, openingError, openSqlite } from './sqlite.ts'

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
    message: /^The database file ".*" cannot be opened: /,
  })
  t.throws(() => openSqlite(folder), { name: 'StartError', message: /cannot be opened/ })
})

t.test('only what a restart cannot mend keeps a process from being started again', async (t) => {
  const sqlite = (errcode: number) =>
    Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode })
  const file = (code: string) => Object.assign(new Error('x'), { code })
  const cases = [
    ['SQLite: cannot open', sqlite(14), 'StartError'],
    ['SQLite: cannot open, a folder', sqlite(526), 'StartError'],
    ['SQLite: not a database', sqlite(26), 'StartError'],
    ['SQLite: disk full', sqlite(13), 'Error'],
    ['SQLite: I/O error on write', sqlite(778), 'Error'],
    ['SQLite: busy', sqlite(5), 'Error'],
    ['SQLite: no memory', sqlite(7), 'Error'],
    ['file system: no permission', file('EACCES'), 'StartError'],
    ['file system: another’s file', file('EPERM'), 'StartError'],
    ['file system: a file in place of a folder', file('ENOTDIR'), 'StartError'],
    ['file system: disk full', file('ENOSPC'), 'Error'],
    ['file system: I/O error', file('EIO'), 'Error'],
    ['file system: too many open files', file('EMFILE'), 'Error'],
  ] as const
  for (const [what, cause, name] of cases) {
    const message = 'The database file "db.sqlite" cannot be opened: Error: x'
    t.match(openingError('db.sqlite', cause), { name, message }, what)
  }
})

t.test('a file that another process has locked may be opened later', async (t) => {
  const path = join(t.testdir(), 'db.sqlite')
  const other = new DatabaseSync(path)
  other.exec('create table x (y); begin exclusive')
  t.throws(() => openSqlite(path), { name: 'Error', message: /database is locked/ })
  other.close()
  openSqlite(path).close()
})
