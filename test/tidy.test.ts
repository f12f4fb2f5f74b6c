import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { findDeadLinks, findLockGaps } from './tidy/documents.ts'
import { findDefaultExports, findUndocumentedExports } from './tidy/exports.ts'
import { findForbiddenImports, findImpureImports } from './tidy/imports.ts'
import { findBadNames, findBarrels, findStrayTopLevel } from './tidy/names.ts'
import {
  findEnvironmentReads,
  findProcessExits,
  findStrayImports,
  findStraySql,
} from './tidy/owners.ts'
import { findImpureCode } from './tidy/purity.ts'
import type { SourceFile, TidyRule } from './tidy/source-file.ts'
import { findOpenSwitches, findSilentCatches } from './tidy/statements.ts'
import { findEnums, findLocalTraces, findLongLines, findLooseTodos } from './tidy/text.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BINARY = /\.(gif|ico|jpe?g|mmdb|png|webp|woff2?)$/

const files = listFiles()
const manifests = new Map(
  files
    .filter(({ path }) => /^(packages|services)\/[^/]+\/package\.json$/.test(path))
    .map(({ path, text }) => [path.replace('/package.json', ''), text]),
)

const RULES: readonly TidyRule[] = [
  { name: 'only known folders stand at the top', find: findStrayTopLevel },
  { name: 'files and folders are named in kebab-case and say what they hold', find: findBadNames },
  { name: 'no module only passes on what others export', find: findBarrels },
  {
    name: 'packages import only what is below them and what they declare',
    find: (file) => findForbiddenImports(file, manifests),
  },
  { name: 'rules and model import nothing impure', find: findImpureImports },
  { name: 'rules and model do not wait, read a clock or see the process', find: findImpureCode },
  { name: 'only a main reads the environment', find: findEnvironmentReads },
  { name: 'only the lifecycle ends the process', find: findProcessExits },
  { name: 'DNS, metrics and query building are imported at home only', find: findStrayImports },
  { name: 'SQL stands in stores and in database only', find: findStraySql },
  { name: 'nothing is exported by default', find: findDefaultExports },
  { name: 'every export has a docstring', find: findUndocumentedExports },
  { name: 'switches over a union end in "satisfies never"', find: findOpenSwitches },
  { name: 'a catch that does nothing says why', find: findSilentCatches },
  { name: 'there are no enums', find: findEnums },
  { name: 'lines of code have at most 100 columns', find: findLongLines },
  { name: 'deferred work names its issue', find: findLooseTodos },
  { name: 'no path of a machine and no registry is named', find: findLocalTraces },
  {
    name: 'links in documents lead somewhere',
    find: (file) => findDeadLinks(file, (path) => existsSync(join(ROOT, path))),
  },
  { name: 'the lock file names every optional package', find: findLockGaps },
]

const skip = files.length === 0 && 'git lists no file here: this is not a clone'

for (const { name, find } of RULES) {
  t.test(name, { skip }, async (t) => {
    t.same(files.flatMap(find), [])
  })
}

/** Lists what git knows and what it would add, so that a new file is looked at before its commit. */
function listFiles(): readonly SourceFile[] {
  // Why the setting: git refuses to read a tree that belongs to another user, as in a container.
  const command = ['-c', 'safe.directory=*', 'ls-files', '-z']
  const args = [...command, '--cached', '--others', '--exclude-standard']
  const git = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return [...new Set((git.stdout ?? '').split('\0'))]
    .filter((path) => path !== '' && !BINARY.test(path) && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}
