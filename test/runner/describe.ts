import { inspect, stripVTControlCharacters, styleText } from 'node:util'
import { countTests, type Totals } from './judge.ts'
import type { Failure, TestResult } from './read-tap.ts'

/** Everything that is told about one test file. */
export type FileOutcome = {
  readonly path: string
  readonly durationMs: number
  readonly tests: readonly TestResult[]
  /** What the file printed besides TAP; shown when it failed. */
  readonly printed: readonly string[]
}

const PRINTED_LINES_MAX = 100

/** Writes the line about a file, the skips in it, and every failure in full. */
export function describeFile(file: FileOutcome): string {
  const totals = countTests(file.tests)
  const seconds = (file.durationMs / 1000).toFixed(1).padStart(6)
  const mark = totals.failed > 0 ? styleText('red', 'FAIL') : styleText('green', 'ok  ')
  const lines = [`${mark} ${seconds} s  ${file.path}  (${describeCounts(totals)})`]
  for (const test of file.tests) {
    if (test.outcome.kind === 'skipped') {
      lines.push(styleText('yellow', `       skipped  ${nameOf(test)}: ${test.outcome.reason}`))
    }
  }
  for (const test of file.tests) {
    if (test.outcome.kind === 'failed') lines.push(...describeFailed(test, test.outcome.failures))
  }
  if (totals.failed > 0 && file.printed.length > 0) {
    lines.push('', indent('It printed:', 7))
    lines.push(...file.printed.slice(-PRINTED_LINES_MAX).map((line) => indent(line, 9)))
  }
  if (totals.failed > 0) lines.push('')
  return lines.join('\n')
}

function describeFailed(test: TestResult, failures: readonly Failure[]): string[] {
  const title = styleText('red', `       failed   ${nameOf(test)}`)
  return ['', title, ...failures.map((failure) => indent(describeFailure(failure), 9))]
}

function describeFailure({ message, diagnostics }: Failure): string {
  const details = Object.entries(diagnostics).map(([key, value]) => {
    const text = describeValue(key, value)
    return text.includes('\n') ? `${key}:\n${indent(text, 2)}` : `${key}: ${text}`
  })
  return [message, ...details.map((detail) => indent(detail, 2))].join('\n')
}

function describeValue(key: string, value: unknown): string {
  if (typeof value === 'string') return value.trimEnd()
  if (key === 'at') return inspect(value, { breakLength: Infinity })
  return inspect(value, { depth: 10 })
}

/** Writes the end of a run: what failed and was skipped by name, and the closing line. */
export function describeRun(files: readonly FileOutcome[], durationMs: number): string {
  const named = files.flatMap((file) => file.tests.map((test) => ({ path: file.path, test })))
  const listed = (kind: TestResult['outcome']['kind'], title: string): string[] => {
    const lines = named
      .filter(({ test }) => test.outcome.kind === kind)
      .map(({ path, test }) => {
        const name = [path, ...test.names].join(' › ')
        return test.outcome.kind === 'skipped' ? `  ${name}: ${test.outcome.reason}` : `  ${name}`
      })
    return lines.length === 0 ? [] : ['', title, ...lines]
  }
  const totals = countTests(files.flatMap((file) => file.tests))
  return [
    ...listed('skipped', 'Skipped:'),
    ...listed('failed', 'Failed:'),
    '',
    `${files.length} files in ${(durationMs / 1000).toFixed(1)} s`,
    `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`,
  ].join('\n')
}

function describeCounts(totals: Totals): string {
  const parts = [`${totals.passed} passed`]
  if (totals.failed > 0) parts.push(`${totals.failed} failed`)
  if (totals.skipped > 0) parts.push(`${totals.skipped} skipped`)
  return parts.join(', ')
}

function nameOf(test: TestResult): string {
  return test.names.length === 0 ? 'the file itself' : test.names.join(' › ')
}

function indent(text: string, columns: number): string {
  // Why: a test that prints control characters must not repaint the report.
  const lines = stripVTControlCharacters(text).split('\n')
  return lines.map((line) => `${' '.repeat(columns)}${line}`.trimEnd()).join('\n')
}
