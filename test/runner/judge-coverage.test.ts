import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { judgeCoverage, withCoverage, type CoverageSoFar } from './judge-coverage.ts'
import { runFile } from './run-file.ts'

const RULE = 'services/edge/src/rules/size.ts'
const TREE = {
  packages: { model: { src: { 'time.ts': 'export type EpochMs = number\n' } } },
  services: {
    edge: {
      src: {
        'app.ts': 'export const unused = 1\n',
        rules: {
          'size.ts': "export const size = (n: number): string =>\n  n > 3 ? 'big' : 'small'\n",
        },
      },
    },
  },
  'one.mjs': `import { size } from './${RULE}'\nsize(1)\n`,
  'two.mjs': `import { size } from './${RULE}'\nsize(9)\n`,
}

async function judge(root: string, scripts: readonly string[]) {
  const soFar: CoverageSoFar = new Map()
  for (const script of scripts) {
    await withCoverage(root, soFar, (environment) =>
      runFile(script, {
        root,
        environment: { ...process.env, ...environment },
        timeoutMs: 30_000,
        spareMs: 0,
        signal: new AbortController().signal,
      }),
    )
  }
  return { soFar, tests: await judgeCoverage(root, soFar) }
}

t.test('a rule whose branches all ran, in whatever process, is covered', async (t) => {
  t.same((await judge(t.testdir(TREE), ['one.mjs', 'two.mjs'])).tests, [])
})

t.test('a branch that never ran is a failed test with its line', async (t) => {
  const { tests } = await judge(t.testdir(TREE), ['one.mjs'])
  t.match(tests, [{ names: [RULE], outcome: { failures: [{ message: /see line 2\.$/ }] } }])
})

t.test('a rule that no test loads is a failed test, a file of types is not', async (t) => {
  const { tests } = await judge(t.testdir(TREE), [])
  t.match(tests, [{ names: [RULE], outcome: { failures: [{ message: /see line 1-2\.$/ }] } }])
})

t.test('a rule that was edited meanwhile is not judged by what ran before', async (t) => {
  const root = t.testdir(TREE)
  const { soFar } = await judge(root, ['one.mjs', 'two.mjs'])
  await writeFile(join(root, RULE), '// Shorter.\n')
  t.match(await judgeCoverage(root, soFar), [
    { outcome: { failures: [{ message: /^It was changed while the tests ran/ }] } },
  ])
})
