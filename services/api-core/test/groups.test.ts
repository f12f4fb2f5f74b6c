import t from 'tap'
import { hostnameOf, slugOf } from '@fingerpost/contract/fake-rows'
import { GROUP_DOMAINS_MAX, GROUPS_MAX } from '../src/groups/group-changes-store.ts'
import { TOMBSTONES_KEPT_MAX } from '../src/domains/tombstone-store.ts'
import { deleteSomeLinks } from '../src/domains/deleted-links.ts'
import { clickOf, record } from './clicks.ts'
import {
  givenDomain,
  givenLink,
  givenTenant,
  openInstallation,
  withEachEngine,
  type Answer,
  type Installation,
  type Tenant,
} from './installation.ts'

const OLD = 'old.localhost'
const NEW = 'new.localhost'

await withEachEngine(t, (t, { newUrl }) => {
  t.test('an alternate that serves answers as the primary, and its own links rest', async (t) => {
    await using open = await openInstallation(await newUrl())
    const scene = await givenScene(open)
    const { tenant, primary, alternate } = scene
    await givenLink(tenant, { domain_id: alternate.id, slug: 'own' })
    await tenant.call({
      method: 'PATCH',
      path: `/domains/${primary.id}`,
      body: { root_redirect_url: 'https://example.com/root' },
    })
    const group = await givenGroup(scene, 'serve')
    t.match(group, { status: 'live', primary_domain_id: primary.id, version: 1 })
    t.match(group.domains, [
      { domain_id: primary.id, role: 'primary', status: 'live' },
      { domain_id: alternate.id, role: 'alternate', status: 'live' },
    ])
    t.match(await find(open, NEW, 'spring'), {
      domain: { hostname: NEW, rootUrl: 'https://example.com/root', redirectsTo: undefined },
      link: { destination: 'https://example.com/spring' },
    })
    t.equal((await find(open, NEW, 'own')).link, undefined)

    await tenant.call({
      method: 'DELETE',
      path: `/domain-groups/${group.id}/domains/${alternate.id}`,
    })
    t.match(await find(open, NEW, 'own'), { domain: { rootUrl: undefined }, link: {} })
    t.equal((await find(open, NEW, 'spring')).link, undefined)
    t.match(await find(open, OLD, 'spring'), { link: {} })
  })

  t.test(
    'what is set of a primary that is not proved yet is news for its alternates',
    async (t) => {
      await using open = await openInstallation(await newUrl())
      const tenant = await givenTenant(open)
      const primary = await givenDomain(tenant, 'links.example.com')
      const alternate = await givenDomain(tenant, NEW)
      await givenGroup({ tenant, primary, alternate }, 'serve')
      const { sequence } = await find(open, NEW, '')
      const path = `/domains/${primary.id}`
      await tenant.call({
        method: 'PATCH',
        path,
        body: { root_redirect_url: 'https://a.example/' },
      })
      t.match(await find(open, NEW, ''), {
        sequence: sequence + 1,
        domain: { rootUrl: 'https://a.example/' },
      })
      t.same(await changedSince(open, sequence), [['hostname', NEW]])
    },
  )

  t.test('an alternate redirects while the primary answers, else it serves', async (t) => {
    await using open = await openInstallation(await newUrl())
    const scene = await givenScene(open)
    const group = await givenGroup(scene, 'redirect')
    const redirecting = await find(open, NEW, 'spring')
    t.match(redirecting, { domain: { redirectsTo: OLD }, link: undefined })
    t.match(await find(open, OLD, 'spring'), { domain: { redirectsTo: undefined }, link: {} })
    for (const status of ['verified', 'degraded', 'suspended'] as const) {
      await open.storage.db
        .updateTable('domains')
        .set({ status })
        .where('id', '=', scene.primary.id)
        .execute()
      t.match(await find(open, NEW, 'spring'), { domain: { redirectsTo: undefined }, link: {} })
    }
    const { body } = await scene.tenant.call({
      method: 'PATCH',
      path: `/domain-groups/${group.id}`,
      body: { alternates: 'serve', name: 'Other' },
    })
    t.match(body, { alternates: 'serve', name: 'Other', version: 2, status: 'partly_live' })
    t.match(body.message, OLD)
  })

  t.test('an alternate does not redirect to a primary without a certificate', async (t) => {
    await using open = await openInstallation(await newUrl())
    await givenGroup(await givenScene(open), 'redirect')
    const error = { code: 'caa', message: 'CAA forbids it.' } as const
    const failed = { kind: 'failed', error, nextAttemptAt: undefined } as const
    for (const [news, redirectsTo] of [
      [{ kind: 'issuing' }, undefined],
      [failed, undefined],
      [{ kind: 'issued' }, OLD],
    ] as const) {
      const { sequence } = await find(open, NEW, 'spring')
      const told = { hostname: hostnameOf(OLD), seenAt: open.now(), news, evidence: [] }
      await open.core.recordCertificate(told)
      const found = await find(open, NEW, 'spring')
      t.equal(found.domain?.redirectsTo, redirectsTo, news.kind)
      t.equal(found.link === undefined, redirectsTo !== undefined, news.kind)
      t.same(
        await changedSince(open, sequence),
        [
          ['certificate', OLD],
          ['hostname', NEW],
        ],
        'edges hear of it',
      )
    }
  })

  t.test('edges hear of the new primary before they send anybody there', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, primary, alternate } = await givenScene(open)
    const group = await givenGroup({ tenant, primary, alternate }, 'redirect')
    for (const [id, first, second] of [
      [alternate.id, NEW, OLD],
      [primary.id, OLD, NEW],
    ]) {
      const { sequence } = await find(open, NEW, '')
      const path = `/domain-groups/${group.id}`
      await tenant.call({ method: 'PATCH', path, body: { primary_domain_id: id } })
      t.same(await changedSince(open, sequence), [
        ['hostname', first],
        ['hostname', second],
      ])
    }
  })

  t.test('moving to a new hostname breaks no link, not even when the old one goes', async (t) => {
    await using open = await openInstallation(await newUrl())
    const scene = await givenScene(open)
    const { tenant, primary, alternate } = scene
    const group = await givenGroup(scene, 'serve')
    const path = `/domain-groups/${group.id}`
    const before = [await find(open, OLD, 'spring'), await find(open, NEW, 'spring')]

    const refused = await tenant.call({ method: 'DELETE', path: `/domains/${primary.id}` })
    t.match(refused, { status: 409, body: { code: 'domain_is_primary', group_id: group.id } })
    const moved = await tenant.call({
      method: 'PATCH',
      path,
      body: { primary_domain_id: alternate.id },
    })
    t.match(moved.body.domains, [
      { domain_id: alternate.id, role: 'primary' },
      { domain_id: primary.id, role: 'alternate' },
    ])
    const after = [await find(open, OLD, 'spring'), await find(open, NEW, 'spring')]
    t.same(
      after.map(({ link }) => link),
      before.map(({ link }) => link),
    )
    t.same(
      after.map(({ domain }) => domain?.id),
      before.map(({ domain }) => domain?.id),
      'what edges keep still counts',
    )
    const { body: link } = await tenant.call({ path: `/links/${scene.link.id}` })
    t.match(link, { domain_id: alternate.id, url: `https://${NEW}/spring` })
    const late = await givenLink(tenant, { domain_id: primary.id, slug: 'late' })
    t.match(late, { domain_id: alternate.id, url: `https://${NEW}/late` })
    t.match(await find(open, OLD, 'late'), { link: {} })

    const gone = await tenant.call({ method: 'DELETE', path: `/domains/${primary.id}` })
    t.equal(gone.status, 204)
    while (await deleteSomeLinks(writingOf(open)));
    t.equal((await find(open, OLD, 'spring')).domain, undefined)
    t.match(await find(open, NEW, 'spring'), { link: { id: scene.link.id } })
    await record(open, clickOf(open, tenant, scene.link.id))
    const { body: page } = await tenant.call({ path: `/links?domain_id=${alternate.id}` })
    t.same(page.data.map((one: { slug: string }) => one.slug).toSorted(), ['late', 'spring'])
    const clicks = await tenant.call({ path: `/links/${scene.link.id}/clicks` })
    t.equal(clicks.body.totals.human, 1)
    const counted = await open.storage.db
      .selectFrom('workspaces')
      .select(['link_count', 'domain_count'])
      .where('id', '=', tenant.id)
      .executeTakeFirst()
    t.same(counted, { link_count: 2, domain_count: 1 })
  })

  t.test('a deleted domain is kept while links of another one carry its id', async (t) => {
    await using open = await openInstallation(await newUrl())
    const scene = await givenScene(open)
    const { tenant, primary, alternate } = scene
    const group = await givenGroup(scene, 'serve')
    const change = { primary_domain_id: alternate.id }
    await tenant.call({ method: 'PATCH', path: `/domain-groups/${group.id}`, body: change })
    await tenant.call({ method: 'DELETE', path: `/domains/${primary.id}` })
    await givenTombstones(open, primary.id, TOMBSTONES_KEPT_MAX + 5)
    open.advance(1)
    const { id } = await givenDomain(tenant, 'last.localhost')
    t.equal((await tenant.call({ method: 'DELETE', path: `/domains/${id}` })).status, 204)
    const kept = await open.storage.db
      .selectFrom('domains')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('deleted_at', 'is not', null)
      .executeTakeFirstOrThrow()
    t.equal(kept.count, TOMBSTONES_KEPT_MAX + 1)
    t.match(await find(open, NEW, 'spring'), { link: { id: scene.link.id } })
    t.match(await givenLink(tenant, { domain_id: alternate.id, slug: 'late' }), { slug: 'late' })
  })

  t.test('the primary changes to and fro, and each keeps its own links in the end', async (t) => {
    await using open = await openInstallation(await newUrl())
    const scene = await givenScene(open)
    const { tenant, primary, alternate } = scene
    await givenLink(tenant, { domain_id: alternate.id, slug: 'own' })
    const third = await givenDomain(tenant, 'third.localhost')
    const group = await givenGroup(scene, 'serve')
    const path = `/domain-groups/${group.id}`
    await tenant.call({ method: 'POST', path: `${path}/domains`, body: { domain_id: third.id } })
    for (const { id } of [alternate, third, primary]) {
      await tenant.call({ method: 'PATCH', path, body: { primary_domain_id: id } })
      for (const hostname of [OLD, NEW, 'third.localhost']) {
        t.match(await find(open, hostname, 'spring'), { link: {} })
        t.equal((await find(open, hostname, 'own')).link, undefined)
      }
    }
    t.equal((await tenant.call({ method: 'DELETE', path })).status, 204)
    t.match(await find(open, OLD, 'spring'), { link: {} })
    t.match(await find(open, NEW, 'own'), { link: undefined })
    t.match(await find(open, 'third.localhost', 'own'), { link: {} }, 'they went round')
  })

  t.test('a hostname that another workspace holds shows nothing of the group', async (t) => {
    await using open = await openInstallation(await newUrl())
    const [one, other] = [await givenTenant(open), await givenTenant(open)]
    const hostname = 'links.example.com'
    const [mine, theirs] = [await givenDomain(one, hostname), await givenDomain(other, hostname)]
    const primary = await givenDomain(one, OLD)
    await givenLink(one, { domain_id: primary.id, slug: 'spring' })
    await givenLink(other, { domain_id: theirs.id, slug: 'theirs' })
    await givenGroup({ tenant: one, primary, alternate: mine }, 'serve')
    await open.storage.db
      .updateTable('domains')
      .set({ status: 'active', is_holder: 1 })
      .where('id', '=', theirs.id)
      .execute()
    t.equal((await find(open, hostname, 'spring')).link, undefined)
    t.match(await find(open, hostname, 'theirs'), { link: {}, domain: { workspaceId: other.id } })
    t.equal((await find(open, OLD, 'theirs')).link, undefined)
    const { body } = await one.call({ path: '/domain-groups' })
    t.match(body.data, [{ status: 'partly_live' }])
  })

  t.test('a group takes no more than its limits, and no domain of another', async (t) => {
    await using open = await openInstallation(await newUrl())
    const scene = await givenScene(open)
    const { tenant, primary, alternate } = scene
    const group = await givenGroup(scene, 'serve')
    const path = `/domain-groups/${group.id}`
    const post = (body: object, to = '/domain-groups') =>
      tenant.call({ method: 'POST', path: to, body: { name: 'x', alternates: 'serve', ...body } })
    const add = (id: string) =>
      tenant.call({ method: 'POST', path: `${path}/domains`, body: { domain_id: id } })
    t.match(await post({ primary_domain_id: alternate.id }), {
      status: 409,
      body: { code: 'domain_in_group', group_id: group.id },
    })
    const free = await givenDomain(tenant, 'free.localhost')
    t.match(await tenant.call({ method: 'PATCH', path, body: { primary_domain_id: free.id } }), {
      status: 409,
      body: { code: 'domain_not_in_group' },
    })
    const remove = (id: string) => tenant.call({ method: 'DELETE', path: `${path}/domains/${id}` })
    t.match(await remove(free.id), { status: 409, body: { code: 'domain_not_in_group' } })
    t.match(await remove(primary.id), { status: 409, body: { code: 'domain_is_primary' } })
    t.match(await add(alternate.id), { status: 200, body: { version: 1 } }, 'it is in it')
    t.match(await post({ primary_domain_id: free.id, alternate_domain_ids: [free.id] }), {
      status: 201,
      body: { domains: [{ role: 'primary' }] },
    })
    for (let count = 2; count < GROUP_DOMAINS_MAX; count += 1) {
      const { id } = await givenDomain(tenant, `d${count}.localhost`)
      t.equal((await add(id)).status, 200)
    }
    const { id: last } = await givenDomain(tenant, 'last.localhost')
    t.match(await add(last), { body: { code: 'limit_reached', limit: GROUP_DOMAINS_MAX } })
    const rows = Array.from({ length: GROUPS_MAX - 2 }, (_, index) => ({
      id: `dom_${index}`,
      hostname: `many-${index}.localhost`,
      cname_label: `many-${index}`,
    }))
    await givenManyGroups(open, tenant, last, rows)
    const many = await post({ primary_domain_id: last })
    t.match(many, { status: 409, body: { code: 'limit_reached', limit: GROUPS_MAX } })
  })

  t.test('the same request with the same key makes one group', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { tenant, primary } = await givenScene(open)
    const make = () =>
      tenant.call({
        method: 'POST',
        path: '/domain-groups',
        headers: { 'idempotency-key': 'once' },
        body: { name: 'x', primary_domain_id: primary.id, alternates: 'serve' },
      })
    const first = await make()
    const again = await make()
    t.equal(first.status, 201)
    t.same(again.body, first.body)
    t.equal(again.headers['idempotency-replayed'], 'true')
  })

  t.test('a link that leads to itself by another hostname of its group is refused', async (t) => {
    await using open = await openInstallation(await newUrl())
    const scene = await givenScene(open)
    await givenGroup(scene, 'serve')
    const change = await scene.tenant.call({
      method: 'PATCH',
      path: `/links/${scene.link.id}`,
      body: { destination_url: `https://${NEW}/spring` },
    })
    t.match(change, { status: 400, body: { code: 'destination_loops' } })
    const made = await givenLink(scene.tenant, {
      domain_id: scene.alternate.id,
      slug: 'loop',
      destination_url: `https://${OLD}/loop`,
    })
    t.match(made, { code: 'destination_loops' })
    const taken = await givenLink(scene.tenant, { domain_id: scene.alternate.id, slug: 'spring' })
    t.match(taken, { code: 'slug_taken', hostname: OLD })
  })

  t.test('a primary’s URL that leads back by another hostname is refused', async (t) => {
    await using open = await openInstallation(await newUrl())
    const scene = await givenScene(open)
    await givenGroup(scene, 'serve')
    const { tenant, primary, alternate } = scene
    const set = (id: string, body: object) =>
      tenant.call({ method: 'PATCH', path: `/domains/${id}`, body })
    for (const hostname of [OLD, NEW]) {
      for (const body of [
        { not_found_redirect_url: `https://${hostname}/anything` },
        { root_redirect_url: `https://${hostname}/` },
      ]) {
        const refused = await set(primary.id, body)
        t.match(refused, { status: 400, body: { code: 'destination_loops', hostname } })
      }
    }
    const away = { not_found_redirect_url: `https://${OLD}/`, root_redirect_url: null }
    t.equal((await set(alternate.id, away)).status, 200, 'what rests leads nobody anywhere')
    const [group] = (await tenant.call({ path: '/domain-groups' })).body.data
    const refused = await tenant.call({
      method: 'PATCH',
      path: `/domain-groups/${group.id}`,
      body: { primary_domain_id: alternate.id },
    })
    t.match(refused, { status: 400, body: { code: 'destination_loops', hostname: OLD } })
    await tenant.call({ method: 'DELETE', path: `/domain-groups/${group.id}` })
    const scenes = { tenant, primary: alternate, alternate: primary }
    t.match(await givenGroup(scenes, 'redirect'), { code: 'destination_loops', hostname: OLD })
    const third = await givenDomain(tenant, 'third.localhost')
    const { id } = await givenGroup({ tenant, primary: alternate, alternate: third }, 'serve')
    const joins = await tenant.call({
      method: 'POST',
      path: `/domain-groups/${id}/domains`,
      body: { domain_id: primary.id },
    })
    t.match(joins, { status: 400, body: { code: 'destination_loops', hostname: OLD } })
    t.equal((await set(alternate.id, { not_found_redirect_url: null })).status, 200)
  })

  t.test('links can be changed while their group comes and goes', async (t) => {
    await using open = await openInstallation(await newUrl())
    const scene = await givenScene(open)
    const { tenant, link } = scene
    const path = `/links/${link.id}`
    const body = { destination_url: 'https://example.com/x' }
    for (let round = 0; round < 10; round += 1) {
      const { id } = await givenGroup(scene, 'serve')
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, () => tenant.call({ method: 'PATCH', path, body })),
        tenant.call({ method: 'DELETE', path: `/domain-groups/${id}` }),
        ...Array.from({ length: 4 }, () => tenant.call({ method: 'PATCH', path, body })),
      ])
      const wrong = answers.filter(({ status }) => status !== 200 && status !== 204)
      t.same(wrong, [])
    }
  })
})

type Scene = {
  readonly tenant: Tenant
  readonly primary: Answer['body']
  readonly alternate: Answer['body']
}

async function givenScene(open: Installation): Promise<Scene & { readonly link: Answer['body'] }> {
  const tenant = await givenTenant(open)
  const primary = await givenDomain(tenant, OLD)
  const alternate = await givenDomain(tenant, NEW)
  const destination_url = 'https://example.com/spring'
  const link = await givenLink(tenant, { domain_id: primary.id, slug: 'spring', destination_url })
  return { tenant, primary, alternate, link }
}

async function givenGroup(
  { tenant, primary, alternate }: Scene,
  alternates: string,
): Promise<Answer['body']> {
  const { body } = await tenant.call({
    method: 'POST',
    path: '/domain-groups',
    body: {
      name: 'Links',
      primary_domain_id: primary.id,
      alternate_domain_ids: [alternate.id],
      alternates,
    },
  })
  return body
}

/** Adds deleted domains that are as another one, and were deleted after it. */
async function givenTombstones(
  { storage: { db } }: Installation,
  exampleId: string,
  count: number,
): Promise<void> {
  const example = await db
    .selectFrom('domains')
    .selectAll()
    .where('id', '=', exampleId)
    .executeTakeFirstOrThrow()
  for (let start = 0; start < count; start += 500) {
    const rows = Array.from({ length: Math.min(500, count - start) }, (_, index) => {
      const name = `tomb-${start + index}`
      const deleted = { id: `dom_${name}`, hostname: `${name}.localhost`, cname_label: name }
      return { ...example, ...deleted, links_home: null, deleted_at: example.created_at + 1 }
    })
    await db.insertInto('domains').values(rows).execute()
  }
}

/** Adds domains that are as another one, each alone in a group of its own. */
async function givenManyGroups(
  { storage: { db } }: Installation,
  tenant: Tenant,
  exampleId: string,
  domains: readonly {
    readonly id: string
    readonly hostname: string
    readonly cname_label: string
  }[],
): Promise<void> {
  const example = await db
    .selectFrom('domains')
    .selectAll()
    .where('id', '=', exampleId)
    .executeTakeFirstOrThrow()
  for (const domain of domains) {
    await db
      .insertInto('domains')
      .values({ ...example, ...domain })
      .execute()
    const group = { name: 'x', alternates: 'serve', version: 1, created_at: 0 } as const
    const place = { workspace_id: tenant.id, primary_domain_id: domain.id }
    await db
      .insertInto('domain_groups')
      .values({ id: `grp_${domain.id}`, ...group, ...place })
      .execute()
  }
}

function find(open: Installation, hostname: string, slug: string) {
  return open.core.lookupLink({ hostname: hostnameOf(hostname), slug: slugOf(slug) })
}

/** Gives the kind and the hostname of each change after a sequence. */
async function changedSince(open: Installation, sequence: number) {
  const changes = await open.storage.db
    .selectFrom('changes')
    .select(['kind', 'hostname'])
    .where('sequence', '>', sequence)
    .orderBy('sequence')
    .execute()
  return changes.map(({ kind, hostname }) => [kind, hostname])
}

function writingOf({ storage, feed, now }: Installation) {
  return { storage, feed, clock: { now } }
}
