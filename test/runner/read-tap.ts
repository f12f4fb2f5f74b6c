import { Parser, type Result } from 'tap-parser'

/** What became of one test. */
export type TestOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly failures: readonly Failure[] }
  | { readonly kind: 'skipped'; readonly reason: string }

/** One assertion that failed, or another thing that is wrong with a test. */
export type Failure = {
  readonly message: string
  /** What tap says about it: where, the difference, the stack. */
  readonly diagnostics: Readonly<Record<string, unknown>>
}

/** A test that counts. `names` are those of the tests around it and its own, outermost first. */
export type TestResult = { readonly names: readonly string[]; readonly outcome: TestOutcome }

/** What a test file said. */
export type TapReport = {
  readonly tests: readonly TestResult[]
  /** Lines that are not TAP: what the code under test printed. */
  readonly otherLines: readonly string[]
}

/**
 * Reads the TAP of one test file and finds the tests that count.
 *
 * A test counts when it holds assertions of its own, or when it holds nothing
 * at all; one that only holds other tests does not. A skipped or postponed
 * (todo) test or assertion counts as one skipped test. A failure that belongs
 * to no test that counts, like a wrong plan, makes the test around it count.
 *
 * @see TAP version 14, "Subtests" and "Directives"
 */
export function readTap(text: string): TapReport {
  const otherLines: string[] = []
  const root = new Parser()
  const group = collect(root, otherLines)
  root.end(text)
  return { tests: testsOf(group, []), otherLines }
}

/** A test as TAP shows it: assertions and tests in it, and the line that closes it. */
type Group = {
  readonly asserts: Result[]
  readonly groups: Group[]
  closing: Result | undefined
  problem: string | undefined
  skipReason: string | undefined
}

function collect(parser: Parser, otherLines: string[]): Group {
  const group: Group = {
    asserts: [],
    groups: [],
    closing: undefined,
    problem: undefined,
    skipReason: undefined,
  }
  let opened: Group | undefined
  parser.on('child', (child) => {
    opened = collect(child, otherLines)
    group.groups.push(opened)
  })
  parser.on('assert', (result) => {
    // Why: the line after a nested test is its outcome and no assertion of ours.
    if (opened === undefined) group.asserts.push(result)
    else opened.closing = result
    opened = undefined
  })
  parser.on('extra', (line) => otherLines.push(line.trimEnd()))
  parser.on('bailout', (reason) => {
    group.problem = `The test bailed out: ${reason}`
  })
  parser.on('complete', (results) => {
    const { skipAll, skipReason } = results.plan
    if (skipAll && skipReason !== '' && skipReason !== 'no tests found') {
      group.skipReason = skipReason
    }
    const broken: { readonly tapError: string | null } | undefined = results.failures.find(
      (failure: { readonly tapError: string | null }) => failure.tapError !== null,
    )
    group.problem ??= broken?.tapError ?? undefined
  })
  return group
}

function testsOf(group: Group, names: readonly string[]): TestResult[] {
  const reason = skipReasonOf(group.closing) ?? group.skipReason
  if (reason !== undefined) return [{ names, outcome: { kind: 'skipped', reason } }]

  const inner = group.groups.flatMap((child) =>
    testsOf(child, [...names, child.closing?.name ?? 'a test that did not end']),
  )
  const skipped = group.asserts.flatMap((result): TestResult[] => {
    const skipReason = skipReasonOf(result)
    if (skipReason === undefined) return []
    return [{ names: [...names, result.name], outcome: { kind: 'skipped', reason: skipReason } }]
  })
  const own = group.asserts.filter((result) => skipReasonOf(result) === undefined)
  const tests = [...inner, ...skipped]
  const failures = own.filter((result) => !result.ok).map(failureOf)
  const isAnyFailed = failures.length > 0 || tests.some((test) => test.outcome.kind === 'failed')
  if (!isAnyFailed) failures.push(...unexplained(group))

  if (failures.length > 0) return [...tests, { names, outcome: { kind: 'failed', failures } }]
  const isCounted = own.length > 0 || (tests.length === 0 && group.closing !== undefined)
  return isCounted ? [...tests, { names, outcome: { kind: 'passed' } }] : tests
}

/** What is wrong with a test in which nothing failed: its plan, its end, its closing line. */
function unexplained(group: Group): Failure[] {
  if (group.problem !== undefined) return [{ message: group.problem, diagnostics: {} }]
  if (group.closing === undefined || group.closing.ok) return []
  return [failureOf(group.closing)]
}

function skipReasonOf(result: Result | undefined): string | undefined {
  if (result === undefined) return undefined
  if (result.skip !== false && result.skip !== undefined) {
    return typeof result.skip === 'string' ? result.skip : 'no reason given'
  }
  if (result.todo === false || result.todo === undefined) return undefined
  return typeof result.todo === 'string' ? `to do: ${result.todo}` : 'to do'
}

function failureOf(result: Result): Failure {
  const { diag } = result
  return { message: result.name, diagnostics: isRecord(diag) ? diag : {} }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
