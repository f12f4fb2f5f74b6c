import type { AnyNode } from 'acorn'
import { parseSource, switchesOf, walk, type Span } from '../tidy/syntax.ts'

/** What V8 counted in one script of one process. */
export type ScriptCoverage = {
  readonly url: string
  readonly functions: readonly {
    readonly ranges: readonly {
      readonly startOffset: number
      readonly endOffset: number
      readonly count: number
    }[]
  }[]
}

/**
 * Marks what ran: one byte for each character of a source, 1 where it ran.
 *
 * @param length the number of UTF-16 units of the source
 * @param script V8 lists an outer function before the ones in it, and the
 *   range of a function before the blocks in it
 */
export function paintCoverage(length: number, script: ScriptCoverage): Uint8Array {
  const ran = new Uint8Array(length)
  for (const { ranges } of script.functions) {
    for (const range of ranges)
      ran.fill(range.count > 0 ? 1 : 0, range.startOffset, range.endOffset)
  }
  return ran
}

/** Adds what ran in another process. */
export function addCoverage(to: Uint8Array, other: Uint8Array): void {
  for (const [index, value] of other.entries()) if (value === 1) to[index] = 1
}

/**
 * Names the lines of a TypeScript source that hold code which never ran.
 *
 * V8 counts blocks, so that the untaken side of a condition is found inside a
 * line that ran. Types, comments and lone brackets are no code. The `default`
 * of a switch that the compiler proves unreachable (`satisfies never`) is not
 * expected to run.
 *
 * @param ran as given by `paintCoverage` for the same source; undefined when nothing loaded it
 * @returns line numbers from 1, in order
 */
export function uncoveredLines(source: string, ran: Uint8Array | undefined): readonly number[] {
  const code = codeOnly(source)
  const lines = new Set<number>()
  let line = 1
  for (let index = 0; index < code.length; index += 1) {
    const character = code.charAt(index)
    if (character === '\n') line += 1
    else if (ran?.[index] !== 1 && !NO_CODE.test(character)) lines.add(line)
  }
  return [...lines]
}

const NO_CODE = /[\s{}();,]/

/** Writes line numbers as people do: `3, 7-9`. */
export function describeLines(lines: readonly number[]): string {
  const spans: { from: number; to: number }[] = []
  for (const line of lines) {
    const last = spans.at(-1)
    if (last !== undefined && line === last.to + 1) last.to = line
    else spans.push({ from: line, to: line })
  }
  return spans.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
}

/** Blanks everything that is not expected to run, and leaves all else where it stands. */
function codeOnly(source: string): string {
  const { program, stripped, comments } = parseSource(source)
  const blanks: Span[] = [...comments]
  walk(program, (node) => {
    if (runsNothing(node)) blanks.push(node)
  })
  for (const { defaultCase } of switchesOf(program)) {
    if (defaultCase === undefined) continue
    // Why the source: `satisfies never` is a type, and gone from what is parsed.
    const text = source.slice(defaultCase.start, defaultCase.end)
    if (text.includes('satisfies never')) blanks.push(defaultCase)
  }
  const characters = stripped.split('')
  for (const { start, end } of blanks) {
    for (let index = start; index < end; index += 1) {
      if (characters[index] !== '\n') characters[index] = ' '
    }
  }
  return characters.join('')
}

/** Imports and re-exports run nothing themselves; a file of types is left with an empty export. */
function runsNothing(node: AnyNode): boolean {
  if (node.type === 'ImportDeclaration') return true
  return node.type === 'ExportNamedDeclaration' && !node.declaration
}
