import t from 'tap'
import { readTap, type TestResult } from './read-tap.ts'

function short(tests: readonly TestResult[]): string[] {
  return tests.map(({ names, outcome }) => {
    const what = outcome.kind === 'skipped' ? `skipped (${outcome.reason})` : outcome.kind
    return `${names.join(' > ') || '.'}: ${what}`
  })
}

const CASES = [
  {
    when: 'tests hold tests: the innermost count',
    tap: `
# Subtest: outer
    # Subtest: one
        ok 1 - a
        ok 2 - b
        1..2
    ok 1 - one
    # Subtest: two
        ok 1 - a
        1..1
    ok 2 - two
    1..2
ok 1 - outer
1..1`,
    then: ['outer > one: passed', 'outer > two: passed'],
  },
  {
    when: 'a test holds a test and an assertion: both count',
    tap: `
# Subtest: outer
    ok 1 - a
    # Subtest: one
        ok 1 - b
        1..1
    ok 2 - one
    1..2
ok 1 - outer
1..1`,
    then: ['outer > one: passed', 'outer: passed'],
  },
  { when: 'the file holds assertions itself', tap: 'ok 1 - a\n1..1', then: ['.: passed'] },
  {
    when: 'a test asserts nothing and ends well',
    tap: '# Subtest: quiet\n    1..0\nok 1 - quiet\n1..1',
    then: ['quiet: passed'],
  },
  {
    when: 'two assertions of a test fail: one failed test',
    tap: '# Subtest: x\n    not ok 1 - a\n    not ok 2 - b\n    1..2\nnot ok 1 - x\n1..1',
    then: ['x: failed'],
  },
  {
    when: 'a nested test fails: the one around it does not count',
    tap: `
# Subtest: outer
    # Subtest: one
        not ok 1 - a
        1..1
    not ok 1 - one
    1..1
not ok 1 - outer
1..1`,
    then: ['outer > one: failed'],
  },
  {
    when: 'a test is skipped as a whole',
    tap: 'ok 1 - story # SKIP no pebble\n1..1',
    then: ['story: skipped (no pebble)'],
  },
  {
    when: 'a test skips itself, without a reason',
    tap: '# Subtest: x\n    ok 1 - no pebble # SKIP\n    1..1\nok 1 - x\n1..1',
    then: ['x > no pebble: skipped (no reason given)'],
  },
  {
    when: 'a part of a test is skipped: it passes, and the skip is seen',
    tap: '# Subtest: x\n    ok 1 - a\n    ok 2 - b # SKIP later\n    1..2\nok 1 - x\n1..1',
    then: ['x > b: skipped (later)', 'x: passed'],
  },
  {
    when: 'a test is postponed: a skip, even when it fails',
    tap: 'not ok 1 - x # TODO think\n1..1',
    then: ['x: skipped (to do: think)'],
  },
  { when: 'the file skips itself', tap: '1..0 # no pebble', then: ['.: skipped (no pebble)'] },
  { when: 'the file holds no test', tap: '1..0 # no tests found', then: [] },
  { when: 'the file printed nothing', tap: '', then: [] },
  {
    when: 'a test has fewer assertions than planned',
    tap: '# Subtest: x\n    1..2\n    ok 1 - a\nnot ok 1 - x\n1..1',
    then: ['x: failed'],
  },
  {
    when: 'the file was cut off inside a test',
    tap: '# Subtest: x\n    ok 1 - a\n',
    then: ['a test that did not end: failed'],
  },
  { when: 'the file bails out', tap: 'ok 1 - a\nBail out! stop it\n', then: ['.: failed'] },
]

for (const { when, tap, then } of CASES) {
  t.test(`TAP is counted when ${when}`, async (t) => {
    t.same(short(readTap(`TAP version 14\n${tap.trimStart()}\n`).tests), then)
  })
}

t.test('a failure keeps what tap says about it', async (t) => {
  const tap = `TAP version 14
not ok 1 - should be equal
  ---
  diff: |
    -1
    +2
  at:
    fileName: a.test.ts
    lineNumber: 3
  ...

1..1
`
  t.match(readTap(tap).tests[0]?.outcome, {
    kind: 'failed',
    failures: [
      {
        message: 'should be equal',
        diagnostics: { diff: '-1\n+2\n', at: { fileName: 'a.test.ts', lineNumber: 3 } },
      },
    ],
  })
})

t.test('what the code under test prints is kept apart', async (t) => {
  const report = readTap('TAP version 14\nlistening\nok 1 - a\n1..1\n')
  t.same(report.otherLines, ['listening'])
  t.same(short(report.tests), ['.: passed'])
})
