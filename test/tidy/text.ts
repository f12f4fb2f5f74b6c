import { findMatches, isGenerated, isTest, type SourceFile } from './source-file.ts'

const COLUMNS_MAX = 100
const UNBREAKABLE = /:\/\/|^import (type )?\{ [\w$]+( as [\w$]+)? \} from /
const CODE = /\.(ts|cjs|mjs|js|css|proto)$/

/**
 * Finds lines of code that are too long. Those that nobody can break may be:
 * with a URL, or with the import of a single name. Tests may hold long samples.
 */
export function findLongLines({ path, text }: SourceFile): readonly string[] {
  if (!CODE.test(path) || isGenerated(path) || isTest(path)) return []
  return text.split('\n').flatMap((line, index) => {
    if (line.length <= COLUMNS_MAX || UNBREAKABLE.test(line)) return []
    return [`${path}:${index + 1} has ${line.length} columns`]
  })
}

/** Finds enums, which Node cannot run and a union of words replaces. */
export function findEnums(file: SourceFile): readonly string[] {
  if (!file.path.endsWith('.ts') || isGenerated(file.path)) return []
  return findMatches(file, /^(export )?(declare )?(const )?enum \w+/gm, ([text]) => text)
}

/** Finds deferred work that names no issue, and words that hide that it is deferred work. */
export function findLooseTodos(file: SourceFile): readonly string[] {
  if (!CODE.test(file.path)) return []
  const comment = /(?:\/\/|^\s*\/?\*+) .*\b(?:TODO(?!\(#\d+\): \S)|FIXME|XXX|HACK)\b.*/gm
  return findMatches(file, comment, ([text]) => text.trim())
}

/** Finds paths of somebody's machine and hosts of a package registry. */
export function findLocalTraces(file: SourceFile): readonly string[] {
  const traces = [
    /(?<![\w./-])\/(root|Users|work)\/[\w.-]+/g,
    /(?<![\w./-])\/home\/(?!ada\b|node\b)[\w.-]+/g,
    /\bregistry\.(npmjs\.org|yarnpkg\.com)/g,
    /"resolved": "https?:/g,
  ]
  return traces.flatMap((trace) => findMatches(file, trace, ([text]) => text))
}
