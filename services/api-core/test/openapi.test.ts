import { readFile } from 'node:fs/promises'
import t from 'tap'
import { openInstallation } from './installation.ts'
import { openapiText, OPENAPI_PATH } from './openapi-text.ts'

t.test('the committed OpenAPI document is the one that is served', async (t) => {
  const committed = await readFile(OPENAPI_PATH, 'utf8')
  t.equal(committed, await openapiText(), 'run "npm run generate -w @fingerpost/api-core"')
})

t.test('the document describes every route under /v1, and no other', async (t) => {
  await using installation = await openInstallation('sqlite::memory:')
  const { body } = await installation.call({ path: '/openapi.json', token: '' })
  const described = Object.entries<object>(body.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const served = installation.routes
    .filter(({ method, url }) => method !== 'HEAD' && url.startsWith('/v1/'))
    .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`)
  t.same(described.toSorted(), served.toSorted())
  t.equal(body.openapi, '3.1.0')
})

t.test('every reference in the document leads to a component', async (t) => {
  const text = await openapiText()
  const { components } = JSON.parse(text)
  const references = new Set(
    Array.from(text.matchAll(/"\$ref": "([^"]+)"/g), (match) => match[1] ?? ''),
  )
  t.ok(references.size > 15)
  for (const reference of references) {
    t.ok(components.schemas[reference.replace('#/components/schemas/', '')], reference)
  }
})

t.test('the pages that show the document come from this server alone', async (t) => {
  await using installation = await openInstallation('sqlite::memory:')
  const page = await installation.call({ path: '/docs', token: '' })
  t.equal(page.status, 200)
  const sources = Array.from(
    page.text.matchAll(/(?:src|href)="([^"]+)"/g),
    (match) => match[1] ?? '',
  )
  t.ok(sources.length > 3)
  for (const source of sources) {
    t.notMatch(source, /^(?:https?:)?\/\//)
    const path = new URL(source, 'http://localhost/docs').pathname
    t.equal((await installation.call({ path, token: '' })).status, 200, path)
  }
  const start = await installation.call({ path: '/docs/static/swagger-initializer.js', token: '' })
  t.match(start.text, '"validatorUrl":null')
})

t.test('the root says where the documentation is', async (t) => {
  await using installation = await openInstallation('sqlite::memory:')
  const { status, body } = await installation.call({ path: '/', token: '' })
  t.equal(status, 200)
  t.equal(body.docs, '/docs')
})
