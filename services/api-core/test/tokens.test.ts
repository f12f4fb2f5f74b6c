import t from 'tap'
import { ADMIN_TOKEN, givenTenant, openInstallation, withEachEngine } from './installation.ts'

await withEachEngine(t, (t, { newUrl }) => {
  t.test('a workspace is made, got and listed by the operator', async (t) => {
    await using open = await openInstallation(await newUrl())
    const made = await open.call({
      method: 'POST',
      path: '/v1/workspaces',
      body: { name: 'Acme', plan: 'business' },
    })
    t.equal(made.status, 201)
    t.match(made.body, { id: /^ws_[0-9a-v]{26}$/, name: 'Acme', plan: 'business' })
    const got = await open.call({ path: `/v1/workspaces/${made.body.id}` })
    t.same(got.body, made.body)
    const list = await open.call({ path: '/v1/workspaces' })
    t.same(list.body, { data: [made.body], next_cursor: null })
  })

  t.test('a token is shown once, stored as a hash, and opens its workspace', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    t.match(tenant.token, /^fp_[0-9a-v]{26}_[A-Za-z0-9_-]{43}$/)
    const list = await tenant.call({ path: '/tokens' })
    t.equal(list.body.data.length, 1)
    t.notOk(list.text.includes(tenant.token.slice(-43)))
    const rows = JSON.stringify(await open.storage.db.selectFrom('tokens').selectAll().execute())
    t.notOk(rows.includes(tenant.token.slice(-43)))
    t.equal((await tenant.call({ path: '' })).body.id, tenant.id)
  })

  t.test('a deleted token opens nothing', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { body } = await tenant.call({ path: '/tokens' })
    const path = `/tokens/${body.data[0].id}`
    t.equal((await tenant.call({ method: 'DELETE', path })).status, 204)
    const after = await tenant.call({ path: '/tokens' })
    t.match(after, { status: 401, body: { code: 'token_invalid' } })
    const again = await tenant.call({ method: 'DELETE', path, token: ADMIN_TOKEN })
    t.match(again, { status: 404, body: { code: 'token_not_found' } })
  })

  t.test('the limit of tokens counts what is there, not what was', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await open.storage.db.updateTable('workspaces').set({ token_count: 999 }).execute()
    const body = { name: 'one more', scopes: ['links:read'] }
    const last = await tenant.call({ method: 'POST', path: '/tokens', body })
    t.equal(last.status, 201)
    const tooMany = await tenant.call({ method: 'POST', path: '/tokens', body })
    t.match(tooMany, { status: 409, body: { code: 'limit_reached', limit: 1_000 } })
    await tenant.call({ method: 'DELETE', path: `/tokens/${last.body.id}` })
    t.equal((await tenant.call({ method: 'POST', path: '/tokens', body })).status, 201)
  })
})

t.test('a token cannot make one that may do more than itself', async (t) => {
  await using open = await openInstallation('sqlite::memory:')
  const tenant = await givenTenant(open, 'Acme', ['tokens:write', 'links:read'])
  const body = { name: 'wider', scopes: ['links:read', 'links:write'] }
  const wider = await tenant.call({ method: 'POST', path: '/tokens', body })
  t.match(wider, { status: 403, body: { code: 'scope_missing', scope: 'links:write' } })
  const same = { name: 'same', scopes: ['links:read'] }
  t.equal((await tenant.call({ method: 'POST', path: '/tokens', body: same })).status, 201)
})

const BAD_AUTHORIZATIONS = [
  ['nothing', undefined, 'token_missing'],
  ['no scheme', ADMIN_TOKEN, 'token_invalid'],
  ['another scheme', `Basic ${ADMIN_TOKEN}`, 'token_invalid'],
  ['an empty token', 'Bearer ', 'token_invalid'],
  ['two tokens', `Bearer ${ADMIN_TOKEN} ${ADMIN_TOKEN}`, 'token_invalid'],
  ['a part of the token', `Bearer ${ADMIN_TOKEN.slice(0, -1)}`, 'token_invalid'],
  ['more than the token', `Bearer ${ADMIN_TOKEN}x`, 'token_invalid'],
  ['a very long token', `Bearer ${'x'.repeat(8_000)}`, 'token_invalid'],
  ['a token of nobody', `Bearer fp_${'0'.repeat(26)}_${'A'.repeat(43)}`, 'token_invalid'],
  ['the hash of the token', `Bearer ${'0'.repeat(64)}`, 'token_invalid'],
  ['a word of the language', 'Bearer [object Object]', 'token_invalid'],
] as const

t.test('only a whole and true token opens', async (t) => {
  await using open = await openInstallation('sqlite::memory:')
  const tenant = await givenTenant(open)
  for (const [what, authorization, code] of BAD_AUTHORIZATIONS) {
    const headers = authorization === undefined ? {} : { authorization }
    const answer = await open.call({ path: tenant.path, token: '', headers })
    t.match(answer, { status: 401, body: { code } }, what)
    t.equal(answer.headers['www-authenticate'], 'Bearer', what)
  }
  const swapped = `${tenant.token.slice(0, -1)}${tenant.token.endsWith('A') ? 'Q' : 'A'}`
  t.match(await tenant.call({ path: '', token: swapped }), { status: 401 })
})

t.test('a token is limited in its requests, the operator and other tokens are not', async (t) => {
  await using open = await openInstallation('sqlite::memory:', { requestsPerMinuteMax: 3 })
  const one = await givenTenant(open)
  const other = await givenTenant(open)
  for (let n = 0; n < 3; n += 1) t.equal((await one.call({ path: '' })).status, 200)
  const refused = await one.call({ path: '' })
  t.match(refused, { status: 429, body: { code: 'too_many_requests', limit: 3 } })
  t.ok(Number(refused.headers['retry-after']) > 0)
  t.equal((await other.call({ path: '' })).status, 200)
  for (let n = 0; n < 10; n += 1) {
    t.equal((await one.call({ path: '', token: ADMIN_TOKEN })).status, 200)
  }
})
