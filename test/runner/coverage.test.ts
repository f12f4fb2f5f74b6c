import t from 'tap'
import { addCoverage, describeLines, paintCoverage, uncoveredLines } from './coverage.ts'

const SOURCE = `/** Ünïcödé 😀 in a comment and in types moves nothing. */
export type Kind = 'ä' | 'b'
import type { Other } from './other.ts'
export function name(kind: Kind, other?: Other): string {
  switch (kind) {
    case 'ä':
      return other === undefined ? 'alone' : 'together'
    case 'b':
      return 'b'
    default:
      return kind satisfies never
  }
}
`

/** A block of the source from its first to its last words, and how often V8 saw it run. */
function range(from: string, to: string, count: number) {
  const startOffset = SOURCE.indexOf(from)
  return { startOffset, endOffset: SOURCE.indexOf(to, startOffset) + to.length, count }
}

const MODULE = { ranges: [{ startOffset: 0, endOffset: SOURCE.length, count: 1 }] }
const FUNCTION = range('export function', '\n}', 1)
const UNREACHABLE = range('default:', 'satisfies never', 0)

function linesAfter(...blocks: readonly (typeof FUNCTION)[]): readonly number[] {
  const functions = [MODULE, { ranges: [FUNCTION, UNREACHABLE, ...blocks] }]
  return uncoveredLines(SOURCE, paintCoverage(SOURCE.length, { url: '', functions }))
}

t.test('a source is covered when all ran but a default that cannot be reached', async (t) => {
  t.same(linesAfter(), [])
})

t.test('a case that never ran is named by its lines', async (t) => {
  t.same(linesAfter(range("case 'b'", "return 'b'", 0)), [8, 9])
})

t.test('the untaken side of a condition is found inside a line that ran', async (t) => {
  t.same(linesAfter(range(": 'together'", "'together'", 0)), [7])
})

t.test('a function that was never called is uncovered as a whole', async (t) => {
  const script = { url: '', functions: [MODULE, { ranges: [{ ...FUNCTION, count: 0 }] }] }
  t.same(uncoveredLines(SOURCE, paintCoverage(SOURCE.length, script)), [4, 5, 6, 7, 8, 9])
})

t.test('what one process misses, another may run', async (t) => {
  const paint = (block: typeof FUNCTION): Uint8Array =>
    paintCoverage(SOURCE.length, { url: '', functions: [MODULE, { ranges: [FUNCTION, block] }] })
  const sum = paint(range("case 'b'", "return 'b'", 0))
  addCoverage(sum, paint(range(": 'together'", "'together'", 0)))
  t.same(uncoveredLines(SOURCE, sum), [])
})

t.test('a source that nothing loads is uncovered unless it only holds types', async (t) => {
  t.same(uncoveredLines('export const A = 1\n', undefined), [1])
  t.same(uncoveredLines(SOURCE, undefined).length, 6)
  const types = "// Only types.\nimport type { B } from './b.ts'\nexport type A = { a: B }\n"
  t.same(uncoveredLines(types, undefined), [])
})

t.test('line numbers are written as spans', async (t) => {
  t.equal(describeLines([3, 7, 8, 9, 11]), '3, 7-9, 11')
  t.equal(describeLines([]), '')
})
