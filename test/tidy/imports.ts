import { posix } from 'node:path'
import {
  isModel,
  isProductionSource,
  isRule,
  isTest,
  lineAt,
  type SourceFile,
} from './source-file.ts'

/** One import of a file; `import type` counts, because it binds two files just as well. */
export type Import = {
  readonly specifier: string
  readonly line: number
  readonly isTypeOnly: boolean
}

const STATEMENT = new RegExp(
  [
    String.raw`^(?:import|export)\s+(type\s+)?`,
    String.raw`(?:[\w$]+\s*,\s*)?(?:[\w$]+|\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})`,
    String.raw`\s+from\s+'([^']+)'`,
  ].join(''),
  'gm',
)
const BARE = /^import\s+'([^']+)'/gm
const CALL = /\bimport\(\s*'([^']+)'\s*\)/g

/** Finds the imports of a formatted TypeScript source. */
export function importsOf(text: string): readonly Import[] {
  const found = (pattern: RegExp, index: number): Import[] =>
    [...text.matchAll(pattern)].map((match) => ({
      specifier: match[index] ?? '',
      line: lineAt(text, match.index),
      isTypeOnly: index === 2 && match[1] !== undefined,
    }))
  return [...found(STATEMENT, 2), ...found(BARE, 1), ...found(CALL, 1)]
}

/** Which of our packages a package may import; a slash names one module of it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/model': [],
  'packages/contract': ['model'],
  'packages/chassis': ['model/errors', 'model/time'],
  'services/edge': ['model', 'contract', 'chassis'],
  'services/domain-manager': ['model', 'contract', 'chassis'],
  'services/api-core': ['model', 'contract', 'chassis'],
  'services/launcher': ['model', 'chassis'],
  'services/cli': ['model', 'chassis'],
  'services/dashboard': [],
}

/** Which packages of npm a package may import besides the ones its package.json names. */
const ONLY_FROM_NPM: Readonly<Record<string, RegExp>> = {
  'packages/model': /^tldts$/,
  'packages/contract': /^@grpc\//,
}

/**
 * Finds imports that cross a border: into a package that is too high, into
 * another package's files, of a package that the own package.json does not name.
 *
 * @param manifests the text of every workspace's package.json, by its folder
 */
export function findForbiddenImports(
  file: SourceFile,
  manifests: ReadonlyMap<string, string>,
): readonly string[] {
  const home = /^(packages|services)\/[^/]+/.exec(file.path)?.[0]
  if (home === undefined || !file.path.endsWith('.ts')) return []
  return importsOf(file.text).flatMap(({ specifier, line }) => {
    const problem = specifier.startsWith('.')
      ? judgeRelative(file.path, home, specifier)
      : judgePackage(file.path, home, specifier, manifests.get(home) ?? '{}')
    return problem === undefined ? [] : [`${file.path}:${line} imports ${specifier}: ${problem}`]
  })
}

function judgeRelative(path: string, home: string, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(path), specifier)
  if (isTest(path) && isTest(target)) return undefined
  if (!target.startsWith(`${home}/`)) return 'it is in another package'
  if (!isProductionSource(path)) return undefined
  if (isTest(target)) return 'it serves tests'
  if (target.endsWith('/src/main.ts')) return 'a main is started, not imported'
  return undefined
}

function judgePackage(
  path: string,
  home: string,
  specifier: string,
  manifest: string,
): string | undefined {
  const [scope, name = ''] = specifier.split('/')
  if (specifier.startsWith('node:')) return undefined
  if (scope === '@fingerpost') {
    const allowed = MAY_IMPORT[home] ?? []
    const wanted = specifier.slice('@fingerpost/'.length)
    const isAllowed = allowed.some((one) => wanted === one || name === one)
    return isAllowed || home === `packages/${name}` ? undefined : `${home} may not know it`
  }
  if (isTest(path)) return undefined
  const packageName = specifier.startsWith('@') ? `${scope}/${name}` : (scope ?? '')
  if (ONLY_FROM_NPM[home]?.test(packageName) === false) return `${home} may not use it`
  const isDeclared = dependenciesIn(manifest).includes(packageName)
  return isDeclared ? undefined : `${home}/package.json does not name it in "dependencies"`
}

function dependenciesIn(manifest: string): readonly string[] {
  const { dependencies = {} } = JSON.parse(manifest) as { dependencies?: Record<string, string> }
  return Object.keys(dependencies)
}

/** Finds imports that a pure file may not have: everything but the model and its own neighbours. */
export function findImpureImports(file: SourceFile): readonly string[] {
  if (!isRule(file.path) && !isModel(file.path)) return []
  const folder = isModel(file.path)
    ? 'packages/model/src/'
    : file.path.slice(0, file.path.lastIndexOf('/rules/') + '/rules/'.length)
  const allowed = isModel(file.path) ? /^(tldts|node:url)$/ : /^@fingerpost\/model\//
  return importsOf(file.text)
    .filter(({ specifier }) => {
      if (!specifier.startsWith('.')) return !allowed.test(specifier)
      return !posix.join(posix.dirname(file.path), specifier).startsWith(folder)
    })
    .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}`)
}
