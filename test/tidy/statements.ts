import { isModel, isProductionSource, isRule, lineAt, type SourceFile } from './source-file.ts'
import { parseSource, switchesOf, walk } from './syntax.ts'

/**
 * Finds switches in pure code that do not end in `satisfies never`, so that a
 * new member of the union would go unnoticed.
 *
 * A `default` that is meant to catch an open set says so in a `// Why` comment.
 */
export function findOpenSwitches(file: SourceFile): readonly string[] {
  if (!isRule(file.path) && !isModel(file.path)) return []
  return switchesOf(parseSource(file.text).program).flatMap(({ start, defaultCase }) => {
    const text =
      defaultCase === undefined ? '' : file.text.slice(defaultCase.start, defaultCase.end)
    if (/satisfies never|\/\/ Why/.test(text)) return []
    return [`${file.path}:${lineAt(file.text, start)} switch`]
  })
}

/** Finds `catch` blocks that do nothing and do not say why. */
export function findSilentCatches(file: SourceFile): readonly string[] {
  if (!isProductionSource(file.path)) return []
  const found: string[] = []
  walk(parseSource(file.text).program, (node) => {
    if (node.type !== 'CatchClause' || node.body.body.length > 0) return
    const text = file.text.slice(node.body.start, node.body.end)
    if (!text.includes('Why')) found.push(`${file.path}:${lineAt(file.text, node.start)} catch`)
  })
  return found
}
