import { importsOf } from './imports.ts'
import { isProductionSource, lineAt, type SourceFile } from './source-file.ts'
import { memberOf, parseSource, walk } from './syntax.ts'

const SYSTEM_DNS = 'services/domain-manager/src/dns/system-servers.ts'
const METRICS = 'packages/chassis/src/metrics.ts'
const LIFECYCLE = 'packages/chassis/src/lifecycle.ts'
const MAIN = /^services\/[^/]+\/src\/(?:ask-)?main\.ts$/
const STORE = /-store\.ts$|\/database\//

const SQL = [
  /\bselect\s[\s\S]{1,200}?\sfrom\s/i,
  /\binsert\s+into\s|\bdelete\s+from\s|\bupdate\s+\w+\s+set\s/i,
  /\b(create|alter|drop)\s+(table|index)\s/i,
]

/** Finds settings read anywhere but in a service's mains. */
export function findEnvironmentReads(file: SourceFile): readonly string[] {
  return MAIN.test(file.path) ? [] : findMember(file, 'process.env')
}

/** Finds code that ends the process by itself; only the lifecycle may. */
export function findProcessExits(file: SourceFile): readonly string[] {
  return file.path === LIFECYCLE ? [] : findMember(file, 'process.exit')
}

/** Finds imports of modules that have a single home. */
export function findStrayImports(file: SourceFile): readonly string[] {
  if (!isProductionSource(file.path)) return []
  return importsOf(file.text)
    .filter(({ specifier, isTypeOnly }) => {
      if (/^(node:)?dns(\/|$)/.test(specifier)) return file.path !== SYSTEM_DNS
      if (specifier === 'prom-client') return file.path !== METRICS
      return /^kysely(\/|$)/.test(specifier) && !isTypeOnly && !STORE.test(file.path)
    })
    .map(({ specifier, line }) => `${file.path}:${line} imports ${specifier}`)
}

/** Finds SQL outside the stores and `database/`. */
export function findStraySql(file: SourceFile): readonly string[] {
  if (!isProductionSource(file.path) || STORE.test(file.path)) return []
  const found: string[] = []
  walk(parseSource(file.text).program, (node) => {
    const text =
      node.type === 'TemplateElement' ? node.value.raw : node.type === 'Literal' ? node.value : ''
    if (typeof text === 'string' && SQL.some((pattern) => pattern.test(text))) {
      found.push(`${file.path}:${lineAt(file.text, node.start)} contains SQL`)
    }
  })
  return found
}

function findMember(file: SourceFile, member: string): readonly string[] {
  if (!isProductionSource(file.path) || !file.text.includes(member)) return []
  const found: string[] = []
  walk(parseSource(file.text).program, (node) => {
    if (memberOf(node) === member) {
      found.push(`${file.path}:${lineAt(file.text, node.start)} uses ${member}`)
    }
  })
  return found
}
