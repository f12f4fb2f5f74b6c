import type { AnyNode } from 'acorn'
import { isModel, isRule, lineAt, type SourceFile } from './source-file.ts'
import { identifiersOf, memberOf, parseSource, walk } from './syntax.ts'

const IMPURE_GLOBALS = new Set([
  'console',
  'crypto',
  'fetch',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
])
const IMPURE_MEMBERS = new Set(['Date.now', 'Math.random'])

/** Finds what a decision may not do: wait, read a clock, roll dice, see the process. */
export function findImpureCode(file: SourceFile): readonly string[] {
  if (!isRule(file.path) && !isModel(file.path)) return []
  const { program } = parseSource(file.text)
  const found: { readonly start: number; readonly what: string }[] = []
  walk(program, (node) => {
    const what = impurityOf(node)
    if (what !== undefined) found.push({ start: node.start, what })
  })
  for (const { name, start } of identifiersOf(program)) {
    if (IMPURE_GLOBALS.has(name)) found.push({ start, what: name })
  }
  return found.map(({ start, what }) => `${file.path}:${lineAt(file.text, start)} uses ${what}`)
}

function impurityOf(node: AnyNode): string | undefined {
  if (node.type === 'AwaitExpression') return 'await'
  if (node.type === 'ForOfStatement' && node.await) return 'await'
  if (node.type === 'NewExpression' && node.arguments.length === 0) {
    const isDate = node.callee.type === 'Identifier' && node.callee.name === 'Date'
    return isDate ? 'the clock' : undefined
  }
  const member = memberOf(node)
  return member !== undefined && IMPURE_MEMBERS.has(member) ? member : undefined
}
