import type { Failure, TapReport, TestResult } from './read-tap.ts'
import type { FileRun } from './run-file.ts'

/** How many tests there were of each kind. */
export type Totals = { readonly passed: number; readonly failed: number; readonly skipped: number }

/**
 * Decides what the tests of a file came to, with what is wrong with the file itself.
 *
 * @param options.requireAll a skipped test counts as a failed one
 */
export function judgeFile(
  run: Pick<FileRun, 'problem' | 'exitCode'>,
  report: TapReport,
  options: { readonly requireAll: boolean },
): readonly TestResult[] {
  const tests = options.requireAll ? report.tests.map(refuseSkip) : report.tests
  const problem = run.problem ?? unnamedProblem(run.exitCode, tests)
  if (problem === undefined) return tests

  // Why merged: a file that was stopped has no plan either, and is one failure all the same.
  const ofFile = tests.find((test) => test.names.length === 0)
  const known = ofFile?.outcome.kind === 'failed' ? ofFile.outcome.failures : []
  const failures: Failure[] = [{ message: problem, diagnostics: {} }, ...known]
  const others = tests.filter((test) => test !== ofFile)
  return [...others, { names: [], outcome: { kind: 'failed', failures } }]
}

function unnamedProblem(exitCode: number | null, tests: readonly TestResult[]): string | undefined {
  if (exitCode === 1 && !tests.some((test) => test.outcome.kind === 'failed')) {
    return 'The file exited with code 1, but none of its tests failed.'
  }
  return tests.length === 0 ? 'The file holds no test.' : undefined
}

function refuseSkip(test: TestResult): TestResult {
  if (test.outcome.kind !== 'skipped') return test
  const message = `Skipped (${test.outcome.reason}), which REQUIRE_ALL=1 does not allow.`
  return { ...test, outcome: { kind: 'failed', failures: [{ message, diagnostics: {} }] } }
}

/** Counts the outcomes of tests. */
export function countTests(tests: readonly TestResult[]): Totals {
  const count = (kind: TestResult['outcome']['kind']): number =>
    tests.filter((test) => test.outcome.kind === kind).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') }
}

/** Tells whether a run succeeded: nothing failed, and at least one test ran. */
export function isSuccess(totals: Totals): boolean {
  return totals.failed === 0 && totals.passed > 0
}
