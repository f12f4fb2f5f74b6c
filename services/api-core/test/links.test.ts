import t from 'tap'
import {
  givenDomain,
  givenLink,
  givenTenant,
  openInstallation,
  withEachEngine,
  type Answer,
} from './installation.ts'

await withEachEngine(t, (t, { newUrl }) => {
  t.test('a link is made as asked, or with what counts when nothing is said', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const full = {
      domain_id: id,
      slug: 'früh/'.slice(0, 4),
      destination_url: 'https://example.com/ä',
      redirect_status: 308,
      expires_at: '2030-01-01T02:00:00+02:00',
      disabled: true,
      title: 'Spring',
      tags: ['b', 'a'],
    }
    const made = await tenant.call({ method: 'POST', path: '/links', body: full })
    t.equal(made.status, 201)
    t.match(made.body, {
      ...full,
      id: /^lnk_[0-9a-v]{26}$/,
      hostname: 'go.localhost',
      url: 'https://go.localhost/fr%C3%BCh',
      destination_url: 'https://example.com/%C3%A4',
      expires_at: '2030-01-01T00:00:00.000Z',
      tags: ['a', 'b'],
      version: 1,
    })
    t.same((await tenant.call({ path: `/links/${made.body.id}` })).body, made.body)
    const plain = await givenLink(tenant, { domain_id: id })
    t.match(plain, {
      slug: /^[abcdefghjkmnpqrstuvwxyz23456789]{7}$/,
      redirect_status: 302,
      expires_at: null,
      disabled: false,
      title: null,
      tags: [],
    })
    t.match(await givenLink(tenant, { domain_id: id, slug: '' }), { url: 'https://go.localhost/' })
  })

  t.test('a slug is taken on its domain only, in any spelling', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const [one, other] = [
      await givenDomain(tenant, 'one.localhost'),
      await givenDomain(tenant, 'other.localhost'),
    ]
    await givenLink(tenant, { domain_id: one.id, slug: 'é' })
    const body = { domain_id: one.id, slug: 'e\u0301', destination_url: 'https://example.com/' }
    const taken = await tenant.call({ method: 'POST', path: '/links', body })
    t.match(taken, { status: 409, body: { code: 'slug_taken', slug: 'é' } })
    const elsewhere = { ...body, domain_id: other.id }
    t.equal((await tenant.call({ method: 'POST', path: '/links', body: elsewhere })).status, 201)
    const cased = { ...body, slug: 'É' }
    t.equal((await tenant.call({ method: 'POST', path: '/links', body: cased })).status, 201)
  })

  t.test('a change leaves what it does not name, and clears what it says is null', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const made = await givenLink(tenant, {
      domain_id: id,
      slug: 'a',
      title: 'One',
      tags: ['x', 'y'],
      expires_at: '2030-01-01T00:00:00Z',
    })
    const path = `/links/${made.id}`
    open.advance(5_000)
    const first = await tenant.call({ method: 'PATCH', path, body: { disabled: true } })
    t.same(first.body, {
      ...made,
      disabled: true,
      version: 2,
      updated_at: new Date(open.now()).toISOString(),
    })
    const body = { title: null, expires_at: null, tags: ['z'], redirect_status: 301 }
    const second = await tenant.call({ method: 'PATCH', path, body })
    t.match(second.body, { ...body, disabled: true, version: 3 })
    t.same((await tenant.call({ path })).body, second.body)
  })

  t.test('the first and the last instant that can be written are kept', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const cases = [
      ['1970-01-01T01:00:00+01:00', '1970-01-01T00:00:00.000Z'],
      ['9999-12-31T11:59:59.999-12:00', '9999-12-31T23:59:59.999Z'],
    ] as const
    for (const [expires_at, expected] of cases) {
      t.equal((await givenLink(tenant, { domain_id: id, expires_at })).expires_at, expected)
    }
    t.equal((await tenant.call({ path: '/links' })).status, 200)
  })

  t.test('changes of different settings at the same time are all kept', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const changes = [
      { disabled: true },
      { title: 'T' },
      { tags: ['b', 'a'] },
      { redirect_status: 308 },
      { expires_at: '2030-01-01T00:00:00.000Z' },
      { destination_url: 'https://example.com/new' },
    ]
    for (let round = 0; round < 5; round += 1) {
      const { id: link } = await givenLink(tenant, { domain_id: id })
      const path = `/links/${link}`
      const answers = await Promise.all(
        changes.map((body) => tenant.call({ method: 'PATCH', path, body })),
      )
      const { body: kept } = await tenant.call({ path })
      t.match(kept, { ...Object.assign({}, ...changes), tags: ['a', 'b'], version: 7 })
      const last = answers.find((answer) => answer.body.version === 7)
      t.same(last?.body, kept, 'the last answer tells of all changes')
    }
  })

  t.test('a link that leads to itself is refused, when made and when changed', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const loop = 'http://GO.localhost.:8080/a/?x=1#y'
    const body = { domain_id: id, slug: 'a', destination_url: loop }
    const made = await tenant.call({ method: 'POST', path: '/links', body })
    t.match(made, { status: 400, body: { code: 'destination_loops' } })
    const { id: link } = await givenLink(tenant, { domain_id: id, slug: 'a' })
    const path = `/links/${link}`
    const changed = await tenant.call({ method: 'PATCH', path, body: { destination_url: loop } })
    t.match(changed, { status: 400, body: { code: 'destination_loops' } })
    t.equal((await tenant.call({ path })).body.version, 1)
  })

  t.test('links are found by domain, tag and a part of their texts', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const [one, other] = [
      await givenDomain(tenant, 'one.localhost'),
      await givenDomain(tenant, 'other.localhost'),
    ]
    await givenLink(tenant, { domain_id: one.id, slug: 'Spring', tags: ['sale'] })
    await givenLink(tenant, { domain_id: one.id, slug: 'b', title: 'Spring 100%' })
    const destination = { destination_url: 'https://shop.example/a_b' }
    await givenLink(tenant, { domain_id: other.id, slug: 'c', tags: ['sale', 'x'], ...destination })
    const cases = [
      ['', ['Spring', 'b', 'c']],
      [`?domain_id=${one.id}`, ['Spring', 'b']],
      ['?tag=sale', ['Spring', 'c']],
      [`?tag=sale&domain_id=${other.id}`, ['c']],
      ['?q=spring', ['Spring', 'b']],
      ['?q=100%25', ['b']],
      ['?q=a_b', ['c']],
      ['?q=a.b', []],
      ['?q=%25', ['b']],
      ['?q=SHOP.', ['c']],
      ['?tag=sal', []],
      ['?domain_id=dom_none', []],
      ["?q='%3B%20drop%20table%20links%3B--", []],
    ] as const
    for (const [query, slugs] of cases) {
      const { status, body } = await tenant.call({ path: `/links${query}` })
      t.equal(status, 200, query)
      t.same(slugsOf(body).toSorted(), slugs, query)
    }
  })

  t.test('a search disregards case for the letters A to Z only', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    await givenLink(tenant, { domain_id: id, slug: 'upper', title: 'ÄRGER Über' })
    await givenLink(tenant, { domain_id: id, slug: 'lower', title: 'ärger über OK' })
    await givenLink(tenant, { domain_id: id, slug: 'Früh' })
    const cases = [
      ['Ärger', ['upper']],
      ['ärger', ['lower']],
      ['RGER', ['lower', 'upper']],
      ['ÜBER', ['upper']],
      ['FRüH', ['Früh']],
      ['FRÜH', []],
      // The Kelvin sign, whose small letter is an ASCII one.
      ['\u{212a}', []],
    ] as const
    for (const [text, slugs] of cases) {
      const { body } = await tenant.call({ path: `/links?q=${encodeURIComponent(text)}` })
      t.same(slugsOf(body).toSorted(), slugs, text)
    }
  })

  t.test('pages show every link once although links come and go meanwhile', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const slugs = Array.from({ length: 12 }, (_, n) => `s${n + 10}`)
    for (const slug of slugs) await givenLink(tenant, { domain_id: id, slug })
    const seen: string[] = []
    let cursor = ''
    for (let pages = 0; pages < 9; pages += 1) {
      const { body } = await tenant.call({ path: `/links?limit=5${cursor}` })
      seen.push(...slugsOf(body))
      if (pages === 0) {
        await givenLink(tenant, { domain_id: id, slug: 'new' })
        await tenant.call({ method: 'DELETE', path: `/links/${body.data[4].id}` })
      }
      if (body.next_cursor === null) break
      cursor = `&cursor=${body.next_cursor}`
    }
    t.same(seen.toSorted(), slugs)
  })

  t.test('a deleted link is gone and its slug free', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    const link = await givenLink(tenant, { domain_id: id, slug: 'a', tags: ['x'] })
    const path = `/links/${link.id}`
    t.equal((await tenant.call({ method: 'DELETE', path })).status, 204)
    t.match(await tenant.call({ path }), { status: 404, body: { code: 'link_not_found' } })
    t.match(await tenant.call({ method: 'DELETE', path }), { status: 404 })
    t.equal((await givenLink(tenant, { domain_id: id, slug: 'a' })).slug, 'a')
    const [counts] = await open.storage.db.selectFrom('workspaces').selectAll().execute()
    t.equal(counts?.link_count, 1)
  })

  t.test('the limit of links counts what is there', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const { id } = await givenDomain(tenant, 'go.localhost')
    await open.storage.db.updateTable('workspaces').set({ link_count: 1_000_000 }).execute()
    const body = { domain_id: id, destination_url: 'https://example.com/' }
    const answer = await tenant.call({ method: 'POST', path: '/links', body })
    t.match(answer, { status: 409, body: { code: 'limit_reached', limit: 1_000_000 } })
  })
})

function slugsOf(body: Answer['body']): string[] {
  return body.data.map((link: { slug: string }) => link.slug)
}
