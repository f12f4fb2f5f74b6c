import { stripTypeScriptTypes } from 'node:module'
import { parse, type AnyNode, type Program } from 'acorn'

/** A part of a source, by UTF-16 offsets; `end` is not in it. */
export type Span = { readonly start: number; readonly end: number }

/** A TypeScript source and its parts, which all stand where they do in the source. */
export type ParsedSource = {
  readonly program: Program
  /** The source with spaces in place of its types. */
  readonly stripped: string
  readonly comments: readonly Span[]
}

/**
 * Parses a TypeScript source that Node can run.
 *
 * @throws {SyntaxError} when Node could not run it either
 */
export function parseSource(text: string): ParsedSource {
  const stripped = stripTypeScriptTypes(text)
  const comments: Span[] = []
  const program = parse(stripped, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    onComment: (_isBlock, _text, start, end) => comments.push({ start, end }),
  })
  return { program, stripped, comments }
}

/** Calls `visit` for a node and then for every node in it, in the order of the source. */
export function walk(node: AnyNode, visit: (node: AnyNode) => void): void {
  visit(node)
  for (const value of Object.values(node)) {
    const children: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const child of children) if (isNode(child)) walk(child, visit)
  }
}

/**
 * Finds the switches of a program and where their `default` stands, which
 * reaches up to the next case or the end of the switch.
 */
export function switchesOf(
  program: Program,
): readonly { readonly start: number; readonly defaultCase: Span | undefined }[] {
  const found: { start: number; defaultCase: Span | undefined }[] = []
  walk(program, (node) => {
    if (node.type !== 'SwitchStatement') return
    const index = node.cases.findIndex((one) => !one.test)
    const start = node.cases[index]?.start
    const end = node.cases[index + 1]?.start ?? node.end - 1
    found.push({
      start: node.start,
      defaultCase: start === undefined ? undefined : { start, end },
    })
  })
  return found
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** Gives `object.property` for a plain member expression of two names, as in `Date.now`. */
export function memberOf(node: AnyNode): string | undefined {
  if (node.type !== 'MemberExpression' || node.computed) return undefined
  if (node.object.type !== 'Identifier' || node.property.type !== 'Identifier') return undefined
  return `${node.object.name}.${node.property.name}`
}

/** Finds the names that stand for a value, not those of properties. */
export function identifiersOf(
  program: Program,
): readonly { readonly name: string; readonly start: number }[] {
  const found: { name: string; start: number }[] = []
  const propertyNames = new Set<AnyNode>()
  walk(program, (node) => {
    if (node.type === 'MemberExpression' && !node.computed) propertyNames.add(node.property)
    if (node.type === 'Property' && !node.computed && !node.shorthand) propertyNames.add(node.key)
    const isMember = node.type === 'MethodDefinition' || node.type === 'PropertyDefinition'
    if (isMember && !node.computed) propertyNames.add(node.key)
    if (node.type === 'Identifier' && !propertyNames.has(node)) found.push(node)
  })
  return found
}
