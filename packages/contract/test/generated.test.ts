import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const OUT_DIR = 'packages/contract/src/generated'

t.test('the generated types are those of the proto file', async (t) => {
  const fresh = t.testdir()
  const manifest = await readFile(join(PACKAGE, 'package.json'), 'utf8')
  const command = JSON.parse(manifest).scripts.generate
  t.match(command, `--outDir=${OUT_DIR} `)
  const modules = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url))
  await promisify(execFile)('sh', ['-c', command.replace(OUT_DIR, fresh)], {
    cwd: PACKAGE,
    env: { ...process.env, PATH: `${modules}:${process.env['PATH']}` },
  })
  t.same(await readAll(fresh), await readAll(join(PACKAGE, 'src/generated')))
})

async function readAll(directory: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const contents = await Promise.all(
    files.map(async (file) => {
      const path = join(file.parentPath, file.name)
      return [path.slice(directory.length), await readFile(path, 'utf8')] as const
    }),
  )
  return Object.fromEntries(contents.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
