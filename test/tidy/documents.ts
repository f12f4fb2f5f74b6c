import { posix } from 'node:path'
import { findMatches, type SourceFile } from './source-file.ts'

/**
 * Finds links of a Markdown file that lead to no file of the tree.
 *
 * @param exists tells whether a path from the root is a file or folder
 */
export function findDeadLinks(
  file: SourceFile,
  exists: (path: string) => boolean,
): readonly string[] {
  if (!file.path.endsWith('.md')) return []
  // Why blanked and not cut out: the numbers of the lines below have to stay right.
  const prose = file.text.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, (block) =>
    block.replaceAll(/[^\n]/g, ' '),
  )
  const link = /\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g
  return findMatches({ ...file, text: prose }, link, (match) => match[1] ?? '').filter((found) => {
    const target = found.slice(found.indexOf(' ') + 1).replace(/#.*$/, '')
    if (target === '' || /^[a-z]+:/.test(target)) return false
    return !exists(posix.join(posix.dirname(file.path), decodeURI(target)))
  })
}

/**
 * Finds optional packages that the lock file does not name. `npm ci` refuses
 * such a lock file on a machine that has not installed the tree before.
 */
export function findLockGaps({ path, text }: SourceFile): readonly string[] {
  if (path !== 'package-lock.json') return []
  const { packages } = JSON.parse(text) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const named = new Set(
    Object.keys(packages).map((folder) => folder.slice(folder.lastIndexOf('node_modules/') + 13)),
  )
  return Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !named.has(name))
      .map((name) => `${path} lacks ${name}, an optional dependency of ${folder}`),
  )
}
