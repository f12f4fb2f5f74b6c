import t from 'tap'
import { findDeadLinks, findLockGaps } from './documents.ts'
import { findDefaultExports, findUndocumentedExports } from './exports.ts'
import { findBadNames, findBarrels, findStrayTopLevel } from './names.ts'
import { findEnvironmentReads, findProcessExits, findStrayImports, findStraySql } from './owners.ts'
import { findImpureCode } from './purity.ts'
import type { SourceFile } from './source-file.ts'
import { findOpenSwitches, findSilentCatches } from './statements.ts'
import { findEnums, findLocalTraces, findLongLines, findLooseTodos } from './text.ts'

type Sample = readonly [path: string, text: string]
type Table = {
  readonly rule: (file: SourceFile) => readonly string[]
  readonly finds: readonly Sample[]
  readonly passes: readonly Sample[]
}

const RULE = 'services/edge/src/rules/answer.ts'
const APP = 'services/edge/src/app.ts'
const MAIN = 'services/edge/src/main.ts'
const TEST = 'services/edge/src/app.test.ts'
const MODEL = 'packages/model/src/slug.ts'
const GENERATED = 'packages/contract/src/generated/core.ts'
// Joined, so that these samples are not findings themselves.
const DEFERRED = ['TO', 'DO'].join('')
const HIDDEN = ['FIX', 'ME'].join('')
const RESOLVED = ['res', 'olved'].join('')
const LONG = 'x'.repeat(95)

const TABLES: Readonly<Record<string, Table>> = {
  findStrayTopLevel: {
    rule: findStrayTopLevel,
    finds: [
      ['notes.txt', ''],
      ['lib/a.ts', ''],
    ],
    passes: [
      ['README.md', ''],
      ['services/edge/src/app.ts', ''],
      ['.ci/run', ''],
    ],
  },
  findBadNames: {
    rule: findBadNames,
    finds: [
      ['services/edge/src/cachePolicy.ts', ''],
      ['services/edge/src/cache_policy.ts', ''],
      ['services/edge/src/Rules/a.ts', ''],
      ['services/edge/src/utils.ts', ''],
      ['services/edge/src/utils/text.ts', ''],
      ['scripts/build.sh', ''],
    ],
    passes: [
      ['services/edge/src/cache-policy.test.ts', ''],
      ['docs/decisions/0001-one-writer.md', ''],
      ['deploy/docker/Dockerfile', ''],
      ['.oxlintrc.json', ''],
      [GENERATED.replace('core', 'CoreApi'), ''],
    ],
  },
  findBarrels: {
    rule: findBarrels,
    finds: [['packages/model/src/index.ts', '']],
    passes: [['services/dashboard/index.html', '']],
  },
  findImpureCode: {
    rule: findImpureCode,
    finds: [
      [RULE, 'export async function a() { await b() }'],
      [RULE, 'export const now = Date.now()'],
      [RULE, 'export const now = () => new Date()'],
      [RULE, 'export const dice = Math.random'],
      [RULE, 'export const home = process.env.HOME'],
      [RULE, 'export const run = () => setTimeout(() => {}, 1)'],
      [MODEL, 'export const id = () => crypto.randomUUID()'],
    ],
    passes: [
      [
        RULE,
        '// Date.now() and await are for callers.\nexport const at = (now: number) => new Date(now)',
      ],
      [RULE, 'export const a = (work: { process: number }) => work.process'],
      [RULE, 'export const a = () => ({ process: 1, fetch: 2 })'],
      [APP, 'export const now = Date.now()'],
      [RULE.replace('.ts', '.test.ts'), 'await a()'],
    ],
  },
  findEnvironmentReads: {
    rule: findEnvironmentReads,
    finds: [
      [APP, 'export const home = process.env.HOME'],
      [MODEL, "const a = process.env['A']"],
    ],
    passes: [
      [MAIN, 'run(process.env)'],
      [TEST, 'run(process.env)'],
      [APP, '// process.env'],
    ],
  },
  findProcessExits: {
    rule: findProcessExits,
    finds: [
      [APP, 'process.exit(1)'],
      [MAIN, 'process.exit(1)'],
    ],
    passes: [
      ['packages/chassis/src/lifecycle.ts', 'process.exit(1)'],
      [APP, 'process.exitCode = 1'],
    ],
  },
  findStrayImports: {
    rule: findStrayImports,
    finds: [
      [APP, "import { Resolver } from 'node:dns/promises'"],
      [APP, "import { Counter } from 'prom-client'"],
      ['services/api-core/src/app.ts', "import { sql } from 'kysely'"],
      ['services/api-core/src/app.ts', "import { Migrator } from 'kysely/migration'"],
    ],
    passes: [
      ['services/domain-manager/src/dns/system-servers.ts', "import { Resolver } from 'node:dns'"],
      ['packages/chassis/src/metrics.ts', "import { Counter } from 'prom-client'"],
      ['services/api-core/src/links/link-store.ts', "import { sql } from 'kysely'"],
      ['services/api-core/src/database/migrate.ts', "import { Migrator } from 'kysely/migration'"],
      ['services/api-core/src/app.ts', "import type { Kysely } from 'kysely'"],
      [TEST, "import { Resolver } from 'node:dns'"],
    ],
  },
  findStraySql: {
    rule: findStraySql,
    finds: [
      [APP, "db.run('select * from links where id = 1')"],
      [APP, 'db.run(`INSERT INTO links VALUES (1)`)'],
      [APP, "db.run('create table links (id)')"],
    ],
    passes: [
      ['services/api-core/src/links/link-store.ts', "db.run('select * from links')"],
      ['services/api-core/src/database/schema.ts', "db.run('create table links (id)')"],
      [APP, "fail('Select another slug; it is taken.')"],
    ],
  },
  findDefaultExports: {
    rule: findDefaultExports,
    finds: [
      [APP, 'export default 1'],
      [APP, 'export { a as default }'],
    ],
    passes: [
      [APP, 'export const a = 1'],
      [GENERATED, 'export default 1'],
    ],
  },
  findUndocumentedExports: {
    rule: findUndocumentedExports,
    finds: [
      [APP, 'export function a() {}'],
      [APP, '// A comment.\nexport const a = 1'],
      [APP, '/* No docstring. */\nexport type A = 1'],
      [APP, '/** Of b. */\nconst b = 1\nexport interface A {}'],
      [APP, '/** Of another. */\n\nexport class A {}'],
    ],
    passes: [
      [APP, '/** Gives a. */\nexport function a() {}'],
      [APP, '/**\n * Gives a.\n *\n * @param b of b\n */\nexport async function a(b: 1) {}'],
      [APP, '/** Gives a. */\nexport function a(b: 1): 1\nexport function a(b: 2): 2'],
      [TEST, 'export const a = 1'],
      [APP, 'const a = 1'],
    ],
  },
  findOpenSwitches: {
    rule: findOpenSwitches,
    finds: [
      [RULE, "switch (a) { case 'b': break }"],
      [RULE, "switch (a) { case 'b': break\n default: throw new Error() }"],
    ],
    passes: [
      [RULE, "switch (a) { case 'b': break\n default: a satisfies never }"],
      [RULE, "switch (a) { case 'b': break\n default:\n // Why: any other word.\n break }"],
      [APP, "switch (a) { case 'b': break }"],
    ],
  },
  findSilentCatches: {
    rule: findSilentCatches,
    finds: [
      [APP, 'try { a() } catch {}'],
      [APP, 'try { a() } catch {\n// Ignored.\n}'],
    ],
    passes: [
      [APP, 'try { a() } catch {\n// Why: it is gone already.\n}'],
      [APP, 'try { a() } catch (error) { b(error) }'],
    ],
  },
  findEnums: {
    rule: findEnums,
    finds: [
      [APP, 'enum A { B }'],
      [APP, 'export const enum A { B }'],
    ],
    passes: [[APP, "export type A = 'enum B'"]],
  },
  findLongLines: {
    rule: findLongLines,
    finds: [
      [APP, `const a = '${LONG}'`],
      ['services/launcher/setup/apt.cjs', `// ${LONG} ${LONG}`],
    ],
    passes: [
      [APP, `const a = '${LONG.slice(12)}'`],
      [APP, `// See https://example.com/${LONG}`],
      [APP, `import type { ${LONG} } from './a.ts'`],
      [TEST, `const a = '${LONG}'`],
      ['docs/a.md', LONG + LONG],
    ],
  },
  findLooseTodos: {
    rule: findLooseTodos,
    finds: [
      [APP, `// ${DEFERRED}: later`],
      [APP, ` * ${DEFERRED}(ada): later`],
      [TEST, `// ${DEFERRED}(#1)`],
      [APP, `// ${HIDDEN} later`],
    ],
    passes: [
      [APP, `// ${DEFERRED}(#12): use the zone's own servers`],
      [APP, `const a = '${DEFERRED}'`],
    ],
  },
  findLocalTraces: {
    rule: findLocalTraces,
    finds: [
      [APP, ['', 'root', 'src'].join('/')],
      ['docs/a.md', `see ${['', 'home', 'eve', 'src'].join('/')}`],
      ['package-lock.json', `"${RESOLVED}": "https://npm.example/a.tgz"`],
      ['.npmrc', `registry=https://${['registry', 'npmjs', 'org'].join('.')}/`],
    ],
    passes: [
      [APP, "import { checkDomain } from './work/check-domain.ts'"],
      ['.npmrc', 'fund=false'],
    ],
  },
  findLockGaps: {
    rule: findLockGaps,
    finds: [
      ['package-lock.json', lock({ 'node_modules/a': { optionalDependencies: { b: '1' } } })],
    ],
    passes: [
      [
        'package-lock.json',
        lock({
          'node_modules/a': { optionalDependencies: { '@x/b': '1' } },
          'node_modules/c/node_modules/@x/b': {},
        }),
      ],
    ],
  },
}

function lock(packages: object): string {
  return JSON.stringify({ packages })
}

for (const [name, { rule, finds, passes }] of Object.entries(TABLES)) {
  t.test(`${name} finds what breaks its rule, and nothing else`, async (t) => {
    for (const [path, text] of finds) t.equal(rule({ path, text }).length, 1, `${path}: ${text}`)
    for (const [path, text] of passes) t.same(rule({ path, text }), [], `${path}: ${text}`)
  })
}

t.test('a place is told by its path and line', async (t) => {
  const text = '/** Gives a. */\nexport const a = 1\n\nexport const b = 2\n'
  t.same(findUndocumentedExports({ path: APP, text }), [`${APP}:4 b`])
  t.same(findProcessExits({ path: APP, text: '\nprocess.exit(1)' }), [`${APP}:2 uses process.exit`])
})

t.test('links have to lead to a file, but for those in examples and to elsewhere', async (t) => {
  const exists = (path: string): boolean => ['README.md', 'docs/faq.md', 'docs'].includes(path)
  const find = (text: string) => findDeadLinks({ path: 'docs/faq.md', text }, exists)
  t.same(
    find('[up](../README.md#start) [here](#why) [web](https://a.example/b) [dir](../docs)'),
    [],
  )
  t.same(find('```md\n[x](gone.md)\n```\n'), [])
  t.same(find('one\n```md\n[x](gone.md)\n```\n[x](gone.md)'), ['docs/faq.md:5 gone.md'])
  t.same(find('[x](faq.md "title") [y](../docs/missing.md)'), ['docs/faq.md:1 ../docs/missing.md'])
})
