import t from 'tap'
import { describeFile, describeRun } from './describe.ts'
import { countTests, isSuccess, judgeFile } from './judge.ts'
import type { TestResult } from './read-tap.ts'

const FINE = { problem: undefined, exitCode: 0 }
const LENIENT = { requireAll: false }
const PASSED: TestResult = { names: ['a'], outcome: { kind: 'passed' } }
const SKIPPED: TestResult = { names: ['b'], outcome: { kind: 'skipped', reason: 'no pebble' } }
const FAILED: TestResult = {
  names: ['c'],
  outcome: {
    kind: 'failed',
    failures: [{ message: 'should be equal', diagnostics: { diff: '-1\n+2\n' } }],
  },
}
const report = (...tests: readonly TestResult[]) => ({ tests, otherLines: [] })

t.test('a file that ended well is its tests', async (t) => {
  t.same(judgeFile(FINE, report(PASSED, SKIPPED), LENIENT), [PASSED, SKIPPED])
  t.same(judgeFile({ ...FINE, exitCode: 1 }, report(PASSED, FAILED), LENIENT), [PASSED, FAILED])
})

t.test('a skip is a failure when every test has to run', async (t) => {
  const tests = judgeFile(FINE, report(PASSED, SKIPPED), { requireAll: true })
  t.same(countTests(tests), { passed: 1, failed: 1, skipped: 0 })
  t.match(tests[1]?.outcome, { failures: [{ message: /no pebble.*REQUIRE_ALL=1/ }] })
})

const BROKEN_FILES = [
  { when: 'it holds no test', run: FINE, tests: [], message: 'The file holds no test.' },
  {
    when: 'it crashed and no test failed',
    run: { problem: undefined, exitCode: 1 },
    tests: [PASSED],
    message: 'The file exited with code 1, but none of its tests failed.',
  },
  {
    when: 'it was stopped',
    run: { problem: 'The file took longer than 1 s.', exitCode: null },
    tests: [PASSED],
    message: 'The file took longer than 1 s.',
  },
]

for (const { when, run, tests, message } of BROKEN_FILES) {
  t.test(`a file is one failed test more when ${when}`, async (t) => {
    const failures = [{ message, diagnostics: {} }]
    const ofFile = { names: [], outcome: { kind: 'failed', failures } }
    t.same(judgeFile(run, report(...tests), LENIENT), [...tests, ofFile])
  })
}

t.test('a file that was stopped and has no plan for it is one failure', async (t) => {
  const noPlan: TestResult = {
    names: [],
    outcome: { kind: 'failed', failures: [{ message: 'no plan', diagnostics: {} }] },
  }
  const run = { problem: 'The file was ended by SIGKILL.', exitCode: null }
  const [only, ...others] = judgeFile(run, report(noPlan), LENIENT)
  t.same(others, [])
  t.match(only?.outcome, { failures: [{ message: /SIGKILL/ }, { message: 'no plan' }] })
})

t.test('a run succeeds when something ran and nothing failed', async (t) => {
  t.ok(isSuccess({ passed: 1, failed: 0, skipped: 9 }))
  t.notOk(isSuccess({ passed: 9, failed: 1, skipped: 0 }))
  t.notOk(isSuccess({ passed: 0, failed: 0, skipped: 9 }))
  t.notOk(isSuccess({ passed: 0, failed: 0, skipped: 0 }))
})

t.test('the report names every skip and failure, and its last line is the count', async (t) => {
  const file = {
    path: 'x.test.ts',
    durationMs: 1_234,
    tests: [PASSED, SKIPPED, FAILED],
    printed: ['it said this \u001B[2Jand that'],
  }
  const text = describeFile(file)
  t.match(text, /FAIL.* 1\.2 s {2}x\.test\.ts {2}\(1 passed, 1 failed, 1 skipped\)/)
  t.match(text, 'skipped  b: no pebble')
  t.match(text, /failed {3}c.*\n +should be equal\n +diff:\n +-1\n +\+2/)
  t.match(text, 'it said this and that')

  const lines = describeRun([file], 2_000).split('\n')
  t.equal(lines.at(-1), '1 passed, 1 failed, 1 skipped')
  t.ok(lines.includes('  x.test.ts › b: no pebble'))
  t.ok(lines.includes('  x.test.ts › c'))
})
