import t from 'tap'
import {
  givenDomain,
  givenTenant,
  openInstallation,
  withEachEngine,
  type Tenant,
} from './installation.ts'

const create = (tenant: Tenant, key: string, body: object, path = '/links') =>
  tenant.call({ method: 'POST', path, body, headers: { 'idempotency-key': key } })

await withEachEngine(t, (t, { newUrl }) => {
  t.test('the same request with the same key is done once', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const body = { domain_id: id, destination_url: 'https://example.com/' }
    const first = await create(tenant, 'k1', body)
    const again = await create(tenant, 'k1', {
      destination_url: body.destination_url,
      domain_id: id,
    })
    t.equal(again.status, 201)
    t.equal(again.text, first.text)
    t.equal(first.headers['idempotency-replayed'], undefined)
    t.equal(again.headers['idempotency-replayed'], 'true')
    t.equal((await tenant.call({ path: '/links' })).body.data.length, 1)
  })

  t.test('another request with the same key is refused, on any path', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const hostname = 'one.example.com'
    t.equal((await create(tenant, 'k', { hostname }, '/domains')).status, 201)
    const other = await create(tenant, 'k', { hostname: 'two.example.com' }, '/domains')
    t.match(other, { status: 422, body: { code: 'idempotency_key_reused' } })
    const elsewhere = await create(tenant, 'k', { name: 'x', scopes: ['links:read'] }, '/tokens')
    t.match(elsewhere, { status: 422, body: { code: 'idempotency_key_reused' } })
  })

  t.test('a key belongs to its workspace', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [one, other] = [await givenTenant(open), await givenTenant(open)]
    const body = { hostname: 'links.example.com' }
    const first = await create(one, 'k', body, '/domains')
    const second = await create(other, 'k', body, '/domains')
    t.equal(second.status, 201)
    t.not(second.body.id, first.body.id)
  })

  t.test('a key that came with a refused request is still new', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    t.equal((await create(tenant, 'k', { hostname: '*.example.com' }, '/domains')).status, 400)
    await givenDomain(tenant, 'one.example.com')
    t.equal((await create(tenant, 'k', { hostname: 'one.example.com' }, '/domains')).status, 409)
    t.equal((await create(tenant, 'k', { hostname: 'two.example.com' }, '/domains')).status, 201)
  })

  t.test('a token is not shown a second time', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const body = { name: 'x', scopes: ['links:read'] }
    const made = await create(tenant, 'k', body, '/tokens')
    const again = await create(tenant, 'k', body, '/tokens')
    t.match(again, { status: 409, body: { code: 'idempotency_key_spent' } })
    const rows = await open.storage.db.selectFrom('idempotency_keys').selectAll().execute()
    t.notOk(JSON.stringify(rows).includes(made.body.token.slice(-43)))
    t.equal((await tenant.call({ path: '/tokens' })).body.data.length, 2)
  })

  t.test('a key is forgotten after a day, and not before', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    await create(tenant, 'k', { hostname: 'one.example.com' }, '/domains')
    open.advance(86_400_000 - 1)
    const early = await create(tenant, 'k', { hostname: 'two.example.com' }, '/domains')
    t.equal(early.status, 422)
    open.advance(1)
    const late = await create(tenant, 'k', { hostname: 'two.example.com' }, '/domains')
    t.equal(late.status, 201)
  })

  t.test('the same request sent many times at once is done once', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const body = { hostname: 'links.example.com' }
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => create(tenant, 'k', body, '/domains')),
    )
    t.same(new Set(answers.map((answer) => answer.status)), new Set([201]))
    t.equal(new Set(answers.map((answer) => answer.text)).size, 1)
    const workspaces = await Promise.all(
      Array.from({ length: 12 }, () =>
        open.call({
          method: 'POST',
          path: '/v1/workspaces',
          body: { name: 'Acme' },
          headers: { 'idempotency-key': 'k' },
        }),
      ),
    )
    t.equal(new Set(workspaces.map((answer) => answer.body.id)).size, 1)
  })
})

t.test('a key is 1 to 255 visible ASCII characters', async (t) => {
  await using open = await openInstallation('sqlite::memory:')
  const tenant = await givenTenant(open)
  const cases = [
    ['', false],
    ['a', true],
    ['a b', false],
    ['~', true],
    ['é', false],
    ['\t', false],
    ['x'.repeat(255), true],
    ['x'.repeat(256), false],
  ] as const
  for (const [index, [key, isGood]] of cases.entries()) {
    const answer = await create(tenant, key, { hostname: `n${index}.example.com` }, '/domains')
    const expected = isGood ? { status: 201 } : { body: { code: 'idempotency_key_invalid' } }
    t.match(answer, expected, JSON.stringify(key.slice(0, 9)))
  }
})
