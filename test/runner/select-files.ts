import { globSync, statSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'

/** The test files to run, relative to the root of the tree. */
export type Selection = {
  /** Whether this is every test there is, so that coverage can be judged. */
  readonly isWhole: boolean
  readonly files: readonly string[]
}

/** Arguments that no test file can be found for. */
export class SelectionError extends Error {}

const PATTERNS = ['packages/**/*.test.ts', 'services/**/*.test.ts', 'test/**/*.test.ts']

/**
 * Finds the test files that the arguments name: files, folders, or none for all.
 *
 * @throws {SelectionError} naming the argument that leads to no test file
 */
export function selectFiles(root: string, args: readonly string[]): Selection {
  if (args.length === 0) return { isWhole: true, files: findTests(root) }
  const files = args.flatMap((argument) => {
    const path = relative(root, isAbsolute(argument) ? argument : join(root, argument))
    const stat = statSync(join(root, path), { throwIfNoEntry: false })
    const found = stat?.isDirectory() === true ? findTests(root, path) : [path]
    if (stat === undefined || found.length === 0) {
      throw new SelectionError(`"${argument}" is no test file and no folder with test files.`)
    }
    return found
  })
  return { isWhole: false, files: [...new Set(files)] }
}

function findTests(root: string, folder = ''): readonly string[] {
  const all = globSync(PATTERNS, { cwd: root, exclude: (path) => path.includes('node_modules') })
  return all.filter((path) => folder === '' || path.startsWith(`${folder}/`)).toSorted()
}

/**
 * Tells whether a test file starts many programs, so that it is run alone:
 * those in the top-level `test` folder, but for the ones about the tree itself.
 */
export function isEndToEnd(path: string): boolean {
  return /^test\/(?!tidy|runner\/)/.test(path)
}

/** Tells whether a test file stands beside the code it tests; only those count for coverage. */
export function isUnitTest(path: string): boolean {
  return /^(packages|services)\/[^/]+\/src\//.test(path)
}

/** Tells whether every line and branch of a source has to run in the unit tests. */
export function isHeldToCoverage(path: string): boolean {
  if (!path.endsWith('.ts') || path.endsWith('.test.ts')) return false
  return path.startsWith('packages/model/src/') || /\/src\/(.*\/)?rules\//.test(path)
}
