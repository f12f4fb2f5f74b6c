import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const RUN = fileURLToPath(new URL('../run.ts', import.meta.url))

const SAMPLES = {
  'passes.test.ts': "import t from 'tap'\nt.test('adds', async (t) => { t.equal(1 + 1, 2) })\n",
  'fails.test.ts': "import t from 'tap'\nt.test('breaks', async (t) => { t.equal(1 + 1, 3) })\n",
  'skips.test.ts': "import t from 'tap'\nt.test('waits', { skip: 'no pebble' }, async () => {})\n",
  'crashes.test.ts': "throw new Error('at load')\n",
  'is-empty.test.ts': "import 'tap'\n",
}

function run(root: string, files: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const args = files.map((name) => join(root, `${name}.test.ts`))
  const { REQUIRE_ALL: _outer, ...inherited } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args], {
    encoding: 'utf8',
    env: { ...inherited, ...environment },
  })
  return { status, stdout, stderr, lastLine: stdout.trimEnd().split('\n').at(-1) }
}

const RUNS = [
  { files: ['passes'], status: 0, lastLine: '1 passed, 0 failed, 0 skipped' },
  { files: ['passes', 'skips'], status: 0, lastLine: '1 passed, 0 failed, 1 skipped' },
  { files: ['passes', 'fails'], status: 1, lastLine: '1 passed, 1 failed, 0 skipped' },
  { files: ['passes', 'crashes'], status: 1, lastLine: '1 passed, 1 failed, 0 skipped' },
  { files: ['passes', 'is-empty'], status: 1, lastLine: '1 passed, 1 failed, 0 skipped' },
  { files: ['skips'], status: 1, lastLine: '0 passed, 0 failed, 1 skipped' },
]

for (const { files, status, lastLine } of RUNS) {
  t.test(`a run of what ${files.join(' and ')} ends with "${lastLine}"`, async (t) => {
    t.match(run(t.testdir(SAMPLES), files), { status, lastLine })
  })
}

t.test('REQUIRE_ALL=1 turns a skip into a failure that is still told', async (t) => {
  const result = run(t.testdir(SAMPLES), ['passes', 'skips'], { REQUIRE_ALL: '1' })
  t.match(result, { status: 1, lastLine: '1 passed, 1 failed, 0 skipped', stdout: 'no pebble' })
})

t.test('a file that is not there is one sentence', async (t) => {
  const result = run(t.testdir(SAMPLES), ['nowhere'])
  t.match(result, { status: 1, stdout: '', stderr: /^".*nowhere\.test\.ts" is no test file.*\n$/ })
})
