import { findMatches, isGenerated, isProductionSource, type SourceFile } from './source-file.ts'

const MODIFIERS = 'declare |abstract |async '
const KINDS = String.raw`function\*?|const|let|class|type|interface`
const DECLARATION = new RegExp(String.raw`^export (?:${MODIFIERS})*(?:${KINDS}) ([\w$]+)`)

/** Finds default exports. */
export function findDefaultExports(file: SourceFile): readonly string[] {
  if (!file.path.endsWith('.ts') || isGenerated(file.path)) return []
  return findMatches(
    file,
    /^export default\b|^export \{[^}]*\bas default\b/gm,
    () => 'is a default',
  )
}

/**
 * Finds exports without a docstring right above them.
 *
 * Of the overloads of a function only the first needs one.
 */
export function findUndocumentedExports(file: SourceFile): readonly string[] {
  if (!isProductionSource(file.path)) return []
  const lines = file.text.split('\n')
  const seen = new Set<string>()
  return lines.flatMap((line, index) => {
    const name = DECLARATION.exec(line)?.[1]
    if (name === undefined || seen.has(name)) return []
    seen.add(name)
    return isDocstringEnd(lines, index - 1) ? [] : [`${file.path}:${index + 1} ${name}`]
  })
}

function isDocstringEnd(lines: readonly string[], index: number): boolean {
  if (lines[index]?.trimEnd().endsWith('*/') !== true) return false
  const start = lines.slice(0, index + 1).findLast((line) => /^\s*\/\*/.test(line))
  return start?.trimStart().startsWith('/**') === true
}
