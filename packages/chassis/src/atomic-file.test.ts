import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  isErrno,
  readFileIfPresent,
  removeUnfinished,
  replaceFile,
  writeFileAtomically,
} from './atomic-file.ts'

t.test('a file is replaced with its mode, and its folder is made', async (t) => {
  const path = join(t.testdir({}), 'new', 'snapshot')
  await writeFileAtomically(path, 'one', 0o600)
  await writeFileAtomically(path, Buffer.from('two'), 0o600)
  t.equal(readFileSync(path, 'utf8'), 'two')
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('a failed write leaves the old content and nothing beside it', async (t) => {
  const folder = t.testdir({})
  // A folder cannot be replaced by a file: the rename fails after the write.
  mkdirSync(join(folder, 'taken', 'inside'), { recursive: true })
  await t.rejects(writeFileAtomically(join(folder, 'taken'), 'text', 0o600))
  t.same(readdirSync(folder), ['taken'])
})

t.test('writers at the same moment leave the whole content of one of them', async (t) => {
  const folder = t.testdir({})
  const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(50_000))
  await Promise.all(
    contents.map((content) => writeFileAtomically(join(folder, 'x'), content, 0o600)),
  )
  t.ok(contents.includes(readFileSync(join(folder, 'x'), 'utf8')))
  t.same(readdirSync(folder), ['x'])
})

t.test('what a killed writer left is removed, and nothing else', async (t) => {
  const folder = t.testdir({ 'a.tmp': 'mine', b: 'whole' })
  let left: string[] = []
  await replaceFile(join(folder, 'b'), 0o600, async () => {
    left = readdirSync(folder)
    await removeUnfinished(folder)
  }).catch((error: unknown) => t.match(error, { code: 'ENOENT' }))
  t.equal(left.length, 3)
  t.same(readdirSync(folder), ['a.tmp', 'b'])
  t.equal(readFileSync(join(folder, 'b'), 'utf8'), 'whole')
  await removeUnfinished(join(folder, 'absent'))
  await t.rejects(removeUnfinished(join(folder, 'b')), { code: 'ENOTDIR' })
})

t.test('an absent file reads as undefined, any other failure is thrown', async (t) => {
  const folder = t.testdir({ here: 'text' })
  t.equal(String(await readFileIfPresent(join(folder, 'here'))), 'text')
  t.equal(await readFileIfPresent(join(folder, 'absent')), undefined)
  await t.rejects(readFileIfPresent(folder), { code: 'EISDIR' })
})

t.test('an error of the operating system is told by its code', async (t) => {
  t.equal(isErrno(Object.assign(new Error('x'), { code: 'ENOENT' }), 'ENOENT'), true)
  t.equal(isErrno(Object.assign(new Error('x'), { code: 'ENOENT' }), 'EEXIST'), false)
  t.equal(isErrno(new Error('ENOENT'), 'ENOENT'), false)
  t.equal(isErrno({ code: 'ENOENT' }, 'ENOENT'), false)
})
