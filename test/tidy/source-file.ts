/** A file that git knows or would add. */
export type SourceFile = {
  /** From the root of the tree, with slashes. */
  readonly path: string
  readonly text: string
}

/** One house rule, as a pure function over a file. */
export type TidyRule = {
  /** The rule as a sentence: the name of its test. */
  readonly name: string
  /** Gives one line for each place that breaks the rule; nothing for files it is not about. */
  readonly find: (file: SourceFile) => readonly string[]
}

/** Tells whether a file is TypeScript that runs in production. */
export function isProductionSource(path: string): boolean {
  return (
    /^(packages|services)\/[^/]+\/src\/.*\.ts$/.test(path) && !isTest(path) && !isGenerated(path)
  )
}

/** Tells whether a file is a test or only serves tests. */
export function isTest(path: string): boolean {
  return (
    path.endsWith('.test.ts') || /^(test|bench)\/|^(packages|services)\/[^/]+\/test\//.test(path)
  )
}

/** Tells whether a file is written by a program. */
export function isGenerated(path: string): boolean {
  return path.startsWith('packages/contract/src/generated/')
}

/** Tells whether a file is a pure decision. */
export function isRule(path: string): boolean {
  return isProductionSource(path) && /\/src\/(.*\/)?rules\//.test(path)
}

/** Tells whether a file belongs to the vocabulary that everything else uses. */
export function isModel(path: string): boolean {
  return isProductionSource(path) && path.startsWith('packages/model/')
}

/** Gives the number of the line, from 1, that an offset stands in. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** Gives a line for each match of a global pattern: where it is and what `describe` says of it. */
export function findMatches(
  file: SourceFile,
  pattern: RegExp,
  describe: (match: RegExpExecArray) => string,
): string[] {
  return [...file.text.matchAll(pattern)].map(
    (match) => `${file.path}:${lineAt(file.text, match.index)} ${describe(match)}`,
  )
}
