import t from 'tap'
import {
  DESTINATIONS_ACCEPTED,
  DESTINATIONS_REFUSED,
  HOSTNAMES_ACCEPTED,
  HOSTNAMES_REFUSED,
  SLUGS_ACCEPTED,
  SLUGS_REFUSED,
} from '../../../packages/model/test/vectors.ts'
import {
  givenDomain,
  givenLink,
  givenTenant,
  openInstallation,
  withEachEngine,
  type Answer,
  type Call,
  type Installation,
  type Tenant,
} from './installation.ts'

const URL_OK = 'https://example.com/'

/** A place with a domain and a link to send bad things to. */
type Place = {
  readonly open: Installation
  readonly tenant: Tenant
  readonly domainId: string
  readonly linkId: string
}

type Row = readonly [what: string, code: string, call: (place: Place) => Call]

const post = (path: string, body: unknown, headers?: Record<string, string>) => (): Call => ({
  method: 'POST',
  path,
  body,
  ...(headers !== undefined && { headers }),
})
const domain = (body: unknown) => post('/domains', body)
const link =
  (facts: object) =>
  ({ domainId }: Place): Call => ({
    method: 'POST',
    path: '/links',
    body: { domain_id: domainId, destination_url: URL_OK, slug: 'bad', ...facts },
  })
const patchLink =
  (body: unknown) =>
  ({ linkId }: Place): Call => ({ method: 'PATCH', path: `/links/${linkId}`, body })
const patchDomain =
  (body: unknown) =>
  ({ domainId }: Place): Call => ({ method: 'PATCH', path: `/domains/${domainId}`, body })
const check =
  (body: unknown) =>
  ({ domainId }: Place): Call => ({ method: 'POST', path: `/domains/${domainId}/check`, body })
const get = (path: string) => (): Call => ({ path })

const ROWS: readonly Row[] = [
  // Bodies that are no JSON, or no object.
  ['no body', 'body_invalid', post('/domains', undefined)],
  ['an empty body', 'body_invalid', domain('')],
  ['white space', 'body_not_json', domain('   ')],
  ['half of an object', 'body_not_json', domain('{"hostname":')],
  ['two objects', 'body_not_json', domain('{}{}')],
  ['a comment', 'body_not_json', domain('{} // x')],
  ['NaN', 'body_not_json', domain('{"hostname":NaN}')],
  ['a single quote', 'body_not_json', domain("{'hostname':'a.com'}")],
  ['octets that are no UTF-8', 'body_invalid', domain(Buffer.from([0x22, 0xff, 0x22]))],
  ['an array', 'body_invalid', domain([])],
  ['a text', 'body_invalid', domain('"links.example.com"')],
  ['null', 'body_invalid', domain('null')],
  ['a number', 'body_invalid', domain('7')],
  ['deep nesting', 'body_invalid', domain(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)],
  // Keys.
  ['no keys', 'body_invalid', domain({})],
  ['an unknown key', 'body_invalid', domain({ hostname: 'a.example.com', hostnmae: 'x' })],
  ['a key of the answer', 'body_invalid', domain({ hostname: 'a.example.com', status: 'active' })],
  ['another workspace', 'body_invalid', domain({ hostname: 'a.example.com', workspace_id: 'ws' })],
  ['__proto__', 'body_not_json', domain('{"hostname":"a.example.com","__proto__":{"tier":"x"}}')],
  [
    'constructor.prototype',
    'body_not_json',
    domain('{"hostname":"a.example.com","constructor":{"prototype":{"x":1}}}'),
  ],
  ['__proto__ deep inside', 'body_not_json', domain('{"hostname":{"__proto__":{"x":1}}}')],
  ['constructor alone', 'body_invalid', domain('{"hostname":"a.example.com","constructor":1}')],
  ['toString', 'body_invalid', domain('{"hostname":"a.example.com","toString":1}')],
  // Types.
  ['a hostname that is a number', 'body_invalid', domain({ hostname: 7 })],
  ['a hostname that is null', 'body_invalid', domain({ hostname: null })],
  ['a hostname in an array', 'body_invalid', domain({ hostname: ['a.example.com'] })],
  ['a hostname that is true', 'body_invalid', domain({ hostname: true })],
  ['a tier in capitals', 'body_invalid', domain({ hostname: 'a.example.com', tier: 'Gold' })],
  ['an empty tier', 'body_invalid', domain({ hostname: 'a.example.com', tier: '' })],
  ['a very long hostname', 'body_invalid', domain({ hostname: 'a'.repeat(4_097) })],
  ['a body that is too large', 'body_too_large', domain({ hostname: 'a'.repeat(66_000) })],
  // Media types.
  [
    'a form',
    'media_type_unsupported',
    post('/domains', 'hostname=a.example.com', {
      'content-type': 'application/x-www-form-urlencoded',
    }),
  ],
  [
    'plain text',
    'media_type_unsupported',
    post('/domains', '{}', { 'content-type': 'text/plain' }),
  ],
  ['an XML type', 'media_type_unsupported', post('/domains', '{}', { 'content-type': 'text/xml' })],
  ['no real type', 'media_type_unsupported', post('/domains', '{}', { 'content-type': 'json' })],
  [
    'a type that begins like JSON',
    'media_type_unsupported',
    post('/domains', '{}', { 'content-type': 'application/jsonx' }),
  ],
  [
    'a type hidden by a tab',
    'media_type_unsupported',
    post('/domains', '{"hostname":1}', { 'content-type': 'text/plain\tapplication/json' }),
  ],
  // Links.
  ['a link without a domain', 'body_invalid', post('/links', { destination_url: URL_OK })],
  ['a domain of nobody', 'domain_not_found', link({ domain_id: 'dom_none' })],
  ['a domain id with a zero octet', 'domain_not_found', link({ domain_id: 'dom_\u0000' })],
  ['a link without a destination', 'body_invalid', link({ destination_url: undefined })],
  ['a redirect status as text', 'body_invalid', link({ redirect_status: '302' })],
  ['a redirect status 303', 'body_invalid', link({ redirect_status: 303 })],
  ['a redirect status 302.5', 'body_invalid', link({ redirect_status: 302.5 })],
  ['an expiry that is a number', 'body_invalid', link({ expires_at: 1_800_000_000 })],
  ['an expiry without a zone', 'body_invalid', link({ expires_at: '2030-01-01T00:00:00' })],
  ['an expiry that is a date', 'body_invalid', link({ expires_at: '2030-01-01' })],
  ['an expiry on no day', 'body_invalid', link({ expires_at: '2030-02-30T00:00:00Z' })],
  ['an expiry at a leap second', 'body_invalid', link({ expires_at: '2016-12-31T23:59:60Z' })],
  ['an expiry before 1970', 'body_invalid', link({ expires_at: '1969-12-31T23:59:59Z' })],
  [
    'an expiry in the year 10000 of UTC',
    'body_invalid',
    link({ expires_at: '9999-12-31T23:59:59-12:00' }),
  ],
  [
    'an expiry a moment after the year 9999',
    'body_invalid',
    patchLink({ expires_at: '9999-12-31T23:59:00.000-00:01' }),
  ],
  [
    'an expiry before 1970 in UTC',
    'body_invalid',
    link({ expires_at: '1970-01-01T00:00:00+01:00' }),
  ],
  ['disabled as text', 'body_invalid', link({ disabled: 'false' })],
  ['disabled as a number', 'body_invalid', link({ disabled: 0 })],
  ['an empty title', 'body_invalid', link({ title: '' })],
  ['a title of 256 characters', 'body_invalid', link({ title: 'x'.repeat(256) })],
  ['a title with a line feed', 'body_invalid', link({ title: 'a\nb' })],
  ['a title with a zero octet', 'body_invalid', link({ title: 'a\u0000b' })],
  ['a title with half a surrogate', 'body_invalid', link({ title: 'a\ud800b' })],
  ['tags as text', 'body_invalid', link({ tags: 'a,b' })],
  ['a tag twice', 'body_invalid', link({ tags: ['a', 'a'] })],
  ['an empty tag', 'body_invalid', link({ tags: [''] })],
  ['a tag that is null', 'body_invalid', link({ tags: [null] })],
  ['21 tags', 'body_invalid', link({ tags: Array.from({ length: 21 }, (_, n) => `t${n}`) })],
  ['a tag of 51 characters', 'body_invalid', link({ tags: ['x'.repeat(51)] })],
  ['a slug that is a number', 'body_invalid', link({ slug: 7 })],
  ['a slug that is null', 'body_invalid', link({ slug: null })],
  ['a very long slug', 'body_invalid', link({ slug: 'x'.repeat(4_097) })],
  ['a reserved slug', 'slug_reserved', link({ slug: '.well-known' })],
  ['a reserved slug, spelled otherwise', 'slug_reserved', link({ slug: 'ROBOTS.txt' })],
  ['a slug with a slash', 'slug_invalid', link({ slug: 'a/b' })],
  ['its own address', 'destination_loops', link({ destination_url: 'http://go.localhost/bad' })],
  ['a script', 'destination_invalid', link({ destination_url: 'javascript:alert(1)' })],
  ['a link changed in nothing', 'body_invalid', patchLink({})],
  ['a link changed in its slug', 'body_invalid', patchLink({ slug: 'other' })],
  ['a link moved to another domain', 'body_invalid', patchLink({ domain_id: 'dom_none' })],
  ['a link without a destination any more', 'body_invalid', patchLink({ destination_url: null })],
  ['a link to a credential', 'destination_invalid', patchLink({ destination_url: 'http://a@b.c' })],
  ['a domain changed in nothing', 'body_invalid', patchDomain({})],
  ['a domain changed in its status', 'body_invalid', patchDomain({ status: 'active' })],
  ['a root that is no URL', 'destination_invalid', patchDomain({ root_redirect_url: '/x' })],
  ['a root that is false', 'body_invalid', patchDomain({ root_redirect_url: false })],
  // Checks.
  ['a check with an unknown key', 'body_invalid', check({ force: true })],
  ['a check with __proto__', 'body_not_json', check('{"__proto__":{"x":1}}')],
  ['a check with an array', 'body_invalid', check([])],
  ['a check with a text', 'body_invalid', check('"now"')],
  // Tokens.
  ['a token without scopes', 'body_invalid', post('/tokens', { name: 'x', scopes: [] })],
  ['an unknown scope', 'body_invalid', post('/tokens', { name: 'x', scopes: ['admin'] })],
  [
    'a scope twice',
    'body_invalid',
    post('/tokens', { name: 'x', scopes: ['links:read', 'links:read'] }),
  ],
  ['a token without a name', 'body_invalid', post('/tokens', { name: '', scopes: ['links:read'] })],
  [
    'a chosen secret',
    'body_invalid',
    post('/tokens', { name: 'x', scopes: ['links:read'], token: 'x' }),
  ],
  // Queries.
  ['wait=core', 'query_invalid', post('/domains?wait=core', { hostname: 'a.example.com' })],
  ['an unknown query key', 'query_invalid', get('/links?page=2')],
  ['a limit of 0', 'query_invalid', get('/links?limit=0')],
  ['a limit of 101', 'query_invalid', get('/links?limit=101')],
  ['a limit of -1', 'query_invalid', get('/links?limit=-1')],
  ['a limit of 1e1', 'query_invalid', get('/links?limit=1e1')],
  ['a limit twice', 'query_invalid', get('/links?limit=1&limit=2')],
  ['an empty limit', 'query_invalid', get('/links?limit=')],
  ['an unknown status', 'query_invalid', get('/domains?status=gone')],
  ['a search with a zero octet', 'query_invalid', get('/links?q=%00')],
  ['an empty search', 'query_invalid', get('/links?q=')],
  ['a search of 201 characters', 'query_invalid', get(`/links?q=${'x'.repeat(201)}`)],
  ['__proto__ in the query', 'query_invalid', get('/links?__proto__=x')],
  ['a cursor that is none', 'cursor_invalid', get('/links?cursor=x')],
  ['an empty cursor', 'cursor_invalid', get('/links?cursor=')],
  ['a cursor that is an SQL quote', 'cursor_invalid', get('/links?cursor=JzstLQ')],
  ['a very long cursor', 'query_invalid', get(`/links?cursor=${'x'.repeat(65)}`)],
  // Paths and methods.
  ['a path that is not encoded', 'path_not_found', get('/domains/%zz')],
  ['a very long id', 'path_not_found', get(`/domains/${'x'.repeat(300)}`)],
  ['an id with a zero octet', 'domain_not_found', get('/domains/dom_%00')],
  ['a path that is none', 'path_not_found', get('/domain')],
  ['an empty id', 'domain_not_found', get('/domains/')],
  ['a path with a slash more', 'path_not_found', get('/domains/x/')],
  ['PUT', 'method_not_allowed', () => ({ method: 'PUT', path: '/domains', body: {} })],
  ['DELETE of a list', 'method_not_allowed', () => ({ method: 'DELETE', path: '/links' })],
]

await withEachEngine(t, (t, { newUrl }) => {
  t.test(`each of ${ROWS.length} bad requests gets its code, and nothing is stored`, async (t) => {
    await using open = await openInstallation(await newUrl())
    const place = await givenPlace(open)
    const before = await contentOf(open)
    for (const [what, code, call] of ROWS) {
      const answer = await place.tenant.call(call(place))
      t.equal(answer.body?.code, code, `${what}: ${answer.text}`)
      proveProblem(t, answer, what)
    }
    t.same(await contentOf(open), before)
    t.equal((await place.tenant.call({ path: '/domains' })).status, 200)
  })

  t.test('a check takes no body, an empty one, or one without keys', async (t) => {
    await using open = await openInstallation(await newUrl())
    const place = await givenPlace(open)
    for (const body of [undefined, '', {}]) {
      t.equal((await place.tenant.call(check(body)(place))).status, 202, JSON.stringify(body))
    }
    const { body } = await place.tenant.call(check({ force: true })(place))
    t.match(body.detail, 'it has the unknown key "force"')
  })

  t.test('hostnames, slugs and destinations are read as everywhere', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, domainId } = await givenPlace(open)
    for (const [text, problem] of HOSTNAMES_REFUSED) {
      const answer = await tenant.call(domain({ hostname: text })())
      t.match(answer, { status: 400, body: { code: 'hostname_invalid', problem } }, shown(text))
    }
    for (const [text, hostname] of HOSTNAMES_ACCEPTED) {
      const answer = await tenant.call(domain({ hostname: text })())
      const isNew = answer.status === 201
      t.match(answer.body, isNew ? { hostname } : { code: 'hostname_taken', hostname }, shown(text))
    }
    const create = (facts: object) =>
      tenant.call({
        method: 'POST',
        path: '/links',
        body: { domain_id: domainId, destination_url: URL_OK, ...facts },
      })
    for (const [text, problem] of SLUGS_REFUSED) {
      const code = problem === 'reserved' ? 'slug_reserved' : 'slug_invalid'
      t.match((await create({ slug: text })).body, { code, problem }, shown(text))
    }
    for (const [text, slug] of SLUGS_ACCEPTED) {
      const answer = await create({ slug: text })
      t.match(answer.body, answer.status === 201 ? { slug } : { code: 'slug_taken' }, shown(text))
    }
    for (const [text, problem] of DESTINATIONS_REFUSED) {
      const answer = await create({ destination_url: text })
      const isTooLarge = text.length > 60_000
      const expected = isTooLarge
        ? { code: 'body_too_large' }
        : { code: 'destination_invalid', problem }
      t.match(answer.body, expected, shown(text))
    }
    for (const [text, url] of DESTINATIONS_ACCEPTED) {
      t.match((await create({ destination_url: text })).body, { destination_url: url }, shown(text))
    }
  })
})

async function givenPlace(open: Installation): Promise<Place> {
  const tenant = await givenTenant(open)
  const { id: domainId } = await givenDomain(tenant, 'go.localhost')
  const { id: linkId } = await givenLink(tenant, { domain_id: domainId, slug: 'good' })
  return { open, tenant, domainId, linkId }
}

function proveProblem(t: Tap, { status, headers, body }: Answer, what: string): void {
  t.ok(status >= 400 && status < 500, what)
  t.match(headers['content-type'], /^application\/problem\+json/, what)
  t.match(body, { type: `urn:fingerpost:problem:${body.code}`, status, title: /./, detail: /\.$/ })
}

type Tap = Pick<typeof t, 'ok' | 'match'>

async function contentOf({ storage: { db } }: Installation): Promise<unknown> {
  return Promise.all([
    db.selectFrom('workspaces').selectAll().execute(),
    db.selectFrom('tokens').selectAll().execute(),
    db.selectFrom('domains').selectAll().execute(),
    db.selectFrom('links').selectAll().execute(),
    db.selectFrom('link_tags').selectAll().execute(),
    db.selectFrom('changes').selectAll().execute(),
    db.selectFrom('domain_events').selectAll().execute(),
    db.selectFrom('idempotency_keys').selectAll().execute(),
  ])
}

/** Why escaped: a line separator in a test's name ends its line. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 60)).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  )
}
