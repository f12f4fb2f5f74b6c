import { readdirSync, readFileSync, statSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { readOrCreateSecret } from './secret-file.ts'

t.test('a secret is made once, for its owner only, in a folder made for it', async (t) => {
  const path = join(t.testdir({}), 'data', 'admin-token')
  const secret = await readOrCreateSecret(path)
  t.match(secret, /^[\w-]{43}$/)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(await readOrCreateSecret(path), secret)
  t.equal(readFileSync(path, 'utf8'), `${secret}\n`)
})

t.test('processes that start at the same moment get the same secret', async (t) => {
  const folder = t.testdir({})
  const path = join(folder, 'grpc-token')
  const script = `
    import { readOrCreateSecret } from ${JSON.stringify(new URL('secret-file.ts', import.meta.url))}
    process.stdout.write(await readOrCreateSecret(${JSON.stringify(path)}))`
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  const secrets = new Set((await Promise.all([run(), run(), run()])).map(({ stdout }) => stdout))
  t.equal(secrets.size, 1)
  t.same(readdirSync(folder), ['grpc-token'])
})

t.test('many callers in one process get the same secret', async (t) => {
  const folder = t.testdir({})
  const path = join(folder, 'grpc-token')
  const secrets = await Promise.all(Array.from({ length: 20 }, () => readOrCreateSecret(path)))
  t.equal(new Set(secrets).size, 1)
  t.same(readdirSync(folder), ['grpc-token'])
})

t.test('a file with too short a secret is refused, one character more is taken', async (t) => {
  const folder = t.testdir({ empty: '', short: 'x'.repeat(15), enough: `${'x'.repeat(16)}\n` })
  for (const name of ['empty', 'short']) {
    await t.rejects(readOrCreateSecret(join(folder, name)), {
      name: 'StartError',
      message: /fewer than 16\. Delete it to have one made\.$/,
    })
  }
  t.equal(await readOrCreateSecret(join(folder, 'enough')), 'x'.repeat(16))
})

t.test('a secret that cannot be read or written is one sentence', async (t) => {
  const folder = t.testdir({ folder: {}, file: 'not a folder' })
  await t.rejects(readOrCreateSecret(join(folder, 'folder')), {
    name: 'StartError',
    message: /^The secret file ".*folder" cannot be read: .*EISDIR/,
  })
  await t.rejects(readOrCreateSecret(join(folder, 'file', 'token')), {
    name: 'StartError',
    message: /^The secret file ".*token" cannot be /,
  })
})
