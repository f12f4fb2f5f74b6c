import { basename } from 'node:path'
import { isGenerated, type SourceFile } from './source-file.ts'

/** What may stand at the top of the tree besides dotfiles. */
const TOP_LEVEL = new Set([
  'bench',
  'Caddyfile',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'deploy',
  'docker-compose.yml',
  'docs',
  'LICENSE',
  'package-lock.json',
  'package.json',
  'packages',
  'proto',
  'README.md',
  'services',
  'test',
  'tsconfig.json',
])

/** Names that the world outside fixes. */
const KNOWN_NAMES = new Set([
  'Caddyfile',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'Dockerfile',
  'LICENSE',
  'README.md',
])
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/
const SAYS_NOTHING = /^(common|helpers?|misc|scripts|utils?)(\.|$)/

/** Finds files at the top of the tree that do not belong there. */
export function findStrayTopLevel({ path }: SourceFile): readonly string[] {
  const [top = ''] = path.split('/')
  return top.startsWith('.') || TOP_LEVEL.has(top) ? [] : [`${path} is not in a known folder`]
}

/** Finds names of files and folders that are not lower case with hyphens, or say nothing. */
export function findBadNames({ path }: SourceFile): readonly string[] {
  if (isGenerated(path)) return []
  return path.split('/').flatMap((name) => {
    if (name.startsWith('.') || KNOWN_NAMES.has(name)) return []
    if (!KEBAB.test(name)) return [`${path}: ${name} is not kebab-case`]
    return SAYS_NOTHING.test(name) ? [`${path}: ${name} says nothing about what is in it`] : []
  })
}

/** Finds barrels: modules called `index` that only pass on what others export. */
export function findBarrels({ path }: SourceFile): readonly string[] {
  return basename(path) === 'index.ts' ? [`${path} is a barrel`] : []
}
