import t from 'tap'
import { findForbiddenImports, findImpureImports, importsOf } from './imports.ts'

const MANIFESTS = new Map([
  ['services/edge', '{"dependencies":{"lru-cache":"11","@grpc/grpc-js":"1"}}'],
  ['services/launcher', '{"devDependencies":{"pino":"10"}}'],
  ['packages/model', '{"dependencies":{"tldts":"7","pino":"10"}}'],
  ['packages/contract', '{"dependencies":{"@grpc/grpc-js":"1","undici":"8"}}'],
  ['packages/chassis', '{}'],
])

const find = (path: string, specifier: string): readonly string[] =>
  findForbiddenImports({ path, text: `import { a } from '${specifier}'\n` }, MANIFESTS)

t.test('imports of every form are found with their lines', async (t) => {
  const text = `import a from 'a'
import type { B } from 'b'
import c, { type D } from 'c'
import {
  e,
  f,
} from './e.ts'
import * as g from 'node:g'
import 'h'
export { i } from './i.ts'
export * from './j.ts'
const k = await import('k')
// import { l } from 'l'
export const from = "from 'm'"
`
  const found = importsOf(text).map(({ line, specifier }) => `${line} ${specifier}`)
  const want = '1 a, 2 b, 3 c, 4 ./e.ts, 8 node:g, 9 h, 10 ./i.ts, 11 ./j.ts, 12 k'
  t.same(found.toSorted(), want.split(', ').toSorted())
  t.same(
    importsOf(text)
      .filter(({ isTypeOnly }) => isTypeOnly)
      .map(({ specifier }) => specifier),
    ['b'],
  )
})

const FORBIDDEN = [
  { path: 'packages/model/src/slug.ts', specifier: '@fingerpost/chassis/clock' },
  { path: 'packages/model/src/slug.ts', specifier: 'pino' },
  { path: 'packages/contract/src/core-client.ts', specifier: '@fingerpost/chassis/clock' },
  { path: 'packages/contract/src/core-client.ts', specifier: 'undici' },
  { path: 'packages/chassis/src/logger.ts', specifier: '@fingerpost/model/hostname' },
  { path: 'packages/chassis/src/logger.ts', specifier: 'pino' },
  { path: 'services/edge/src/app.ts', specifier: '@fingerpost/api-core/app' },
  { path: 'services/edge/src/app.ts', specifier: '../../api-core/src/app.ts' },
  { path: 'services/edge/src/app.ts', specifier: '../../../test/support/caddy.ts' },
  { path: 'services/edge/src/app.ts', specifier: '../test/world.ts' },
  { path: 'services/edge/src/app.ts', specifier: './main.ts' },
  { path: 'services/edge/src/app.ts', specifier: 'tap' },
  { path: 'services/launcher/src/start.ts', specifier: '@fingerpost/contract/core-api' },
  { path: 'services/launcher/src/start.ts', specifier: 'pino' },
  { path: 'services/launcher/test/start.test.ts', specifier: '../../edge/src/start.ts' },
  { path: 'services/cli/src/main.ts', specifier: '@fingerpost/contract/core-api' },
  { path: 'services/dashboard/src/app.ts', specifier: '@fingerpost/model/hostname' },
]

for (const { path, specifier } of FORBIDDEN) {
  t.test(`${path} may not import ${specifier}`, async (t) => {
    t.match(find(path, specifier), [new RegExp(`^${path}:1 imports `)])
  })
}

const ALLOWED = [
  { path: 'packages/model/src/slug.ts', specifier: 'tldts' },
  { path: 'packages/model/src/slug.ts', specifier: './errors.ts' },
  { path: 'packages/contract/src/core-client.ts', specifier: '@grpc/grpc-js' },
  { path: 'packages/contract/src/core-client.ts', specifier: '@fingerpost/model/hostname' },
  { path: 'packages/chassis/src/clock.ts', specifier: '@fingerpost/model/time' },
  { path: 'packages/chassis/src/problem-responses.ts', specifier: '@fingerpost/model/errors' },
  { path: 'services/edge/src/app.ts', specifier: 'lru-cache' },
  { path: 'services/edge/src/app.ts', specifier: '@grpc/grpc-js/build/src/constants' },
  { path: 'services/edge/src/app.ts', specifier: 'node:http' },
  { path: 'services/edge/src/main.ts', specifier: './start.ts' },
  { path: 'services/edge/src/app.test.ts', specifier: 'tap' },
  { path: 'services/edge/test/app.test.ts', specifier: '../../../test/support/caddy.ts' },
  { path: 'services/edge/test/app.test.ts', specifier: '../../../packages/contract/test/world.ts' },
  { path: 'test/story/demo.ts', specifier: '../../services/edge/src/main.ts' },
]

for (const { path, specifier } of ALLOWED) {
  t.test(`${path} may import ${specifier}`, async (t) => {
    t.same(find(path, specifier), [])
  })
}

t.test('pure files import the model and their own neighbours', async (t) => {
  const isImpure = (path: string, specifier: string): boolean =>
    findImpureImports({ path, text: `import { a } from '${specifier}'\n` }).length > 0
  const rule = 'services/edge/src/rules/answer.ts'
  for (const specifier of ['./cache-policy.ts', './pages/page.ts', '@fingerpost/model/slug']) {
    t.notOk(isImpure(rule, specifier), specifier)
  }
  for (const specifier of ['node:url', 'lru-cache', '../app.ts', '@fingerpost/chassis/clock']) {
    t.ok(isImpure(rule, specifier), specifier)
  }
  const model = 'packages/model/src/slug.ts'
  for (const specifier of ['./errors.ts', 'tldts', 'node:url']) {
    t.notOk(isImpure(model, specifier), specifier)
  }
  for (const specifier of ['node:crypto', 'pino']) t.ok(isImpure(model, specifier), specifier)
  t.notOk(isImpure('services/edge/src/app.ts', 'node:http'), 'other files are not asked')
})
