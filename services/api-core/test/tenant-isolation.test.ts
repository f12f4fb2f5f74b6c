import t from 'tap'
import { clickOf, record } from './clicks.ts'
import {
  ADMIN_TOKEN,
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
import { givenRecipient, givenWebhook, tell } from './notices.ts'

const NONEXISTENT = '0'.repeat(26)

/** What a path parameter can be; `own` is really the workspace's. */
type IdKind = 'own' | 'other' | 'nonexistent' | 'malformed'

/** A tenant with one of everything. */
type Furnished = { readonly tenant: Tenant; readonly ids: Readonly<Record<string, string>> }

const BODIES: Readonly<Record<string, object>> = {
  'POST /v1/workspaces/:workspace_id/tokens': { name: 'x', scopes: ['links:read'] },
  'POST /v1/workspaces/:workspace_id/domains': { hostname: 'new.example.com' },
  'PATCH /v1/workspaces/:workspace_id/domains/:domain_id': { root_redirect_url: null },
  'POST /v1/workspaces/:workspace_id/links': {
    domain_id: `dom_${NONEXISTENT}`,
    destination_url: 'https://example.com/',
  },
  'PATCH /v1/workspaces/:workspace_id/links/:link_id': { disabled: true },
  'POST /v1/workspaces/:workspace_id/webhooks': { url: 'https://new.example.com/' },
  'PATCH /v1/workspaces/:workspace_id/webhooks/:webhook_id': { is_enabled: true },
  'POST /v1/workspaces/:workspace_id/notice-recipients': { email: 'new@example.com' },
  'POST /v1/workspaces/:workspace_id/domain-groups': {
    name: 'x',
    primary_domain_id: `dom_${NONEXISTENT}`,
    alternates: 'serve',
  },
  'PATCH /v1/workspaces/:workspace_id/domain-groups/:group_id': { alternates: 'redirect' },
  'POST /v1/workspaces/:workspace_id/domain-groups/:group_id/domains': {
    domain_id: `dom_${NONEXISTENT}`,
  },
}

const MALFORMED = ['x', '%00', '..%2f..', "'%20or%201=1--", 'a'.repeat(200), '%F0%9F%98%80']

await withEachEngine(t, (t, { newUrl }) => {
  t.test('another tenant’s things answer exactly as things that never were', async (t) => {
    await using open = await openInstallation(await newUrl())
    const own = await furnish(open, 'own')
    const other = await furnish(open, 'other')
    const before = await snapshot(open, other.tenant)
    let requests = 0
    for (const { method, url } of workspaceRoutes(open)) {
      const parameters = Array.from(url.matchAll(/:(\w+)/g), (match) => match[1] ?? '')
      for (const varied of parameters) {
        const answers = new Map<IdKind, Answer>()
        for (const kind of ['nonexistent', 'other', 'malformed'] as const) {
          for (const id of idsOf(kind, varied, other)) {
            const path = fill(url, { ...own.ids, [varied]: id })
            const token = own.tenant.token
            const answer = await open.call(callOf(method, url, path, token))
            requests += 1
            t.equal(answer.status, 404, `${method} ${path}`)
            t.notMatch(answer.text, /marker-other/, `${method} ${path}`)
            const first = answers.get('nonexistent') ?? answer
            // The longest of the malformed ids match no route at all, which tells nothing either.
            if (kind !== 'malformed') t.equal(answer.text, first.text, `${method} ${path}`)
            t.same(withoutLength(answer), withoutLength(first), `${method} ${path}`)
            answers.set(kind, answer)
          }
        }
      }
    }
    t.same(await snapshot(open, other.tenant), before, 'nothing of the other tenant changed')
    t.comment(`${requests} requests, 0 leaks`)
    t.ok(requests > 90)
  })

  t.test('lists and searches show nothing of another tenant', async (t) => {
    await using open = await openInstallation(await newUrl())
    const own = await furnish(open, 'own')
    const other = await furnish(open, 'other')
    const domainId = other.ids['domain_id']
    for (const path of [
      '/domains',
      '/domain-groups',
      '/links',
      '/links?q=marker',
      '/links?tag=marker-other',
      `/links?domain_id=${domainId}`,
      '/tokens',
      '/webhooks',
      '/notice-recipients',
      '/notices',
      `/domains/${own.ids['domain_id']}/events`,
    ]) {
      const answer = await own.tenant.call({ path })
      t.equal(answer.status, 200, path)
      t.notMatch(answer.text, /marker-other/, path)
    }
    const body = { domain_id: domainId, destination_url: 'https://example.com/' }
    const answer = await own.tenant.call({ method: 'POST', path: '/links', body })
    t.match(answer, { status: 404, body: { code: 'domain_not_found' } })
    const { body: page } = await other.tenant.call({ path: '/links?limit=1' })
    t.equal(page.data.length, 1)
    const cursor = Buffer.from(other.ids['link_id'] ?? '').toString('base64url')
    const foreign = await own.tenant.call({ path: `/links?cursor=${cursor}` })
    t.notMatch(foreign.text, /marker-other/)
  })
})

t.test('every route under /v1 refuses who may not use it, before anything else', async (t) => {
  await using open = await openInstallation('sqlite::memory:')
  const own = await furnish(open, 'own')
  const powerless = await givenPowerless(open, own.tenant)
  let requests = 0
  for (const { method, url } of open.routes) {
    if (!url.startsWith('/v1/')) continue
    const path = fill(url, own.ids)
    const isOperators = !url.includes(':workspace_id')
    const cases = [
      ['', 401, 'token_missing'],
      ['fp_nonsense', 401, 'token_invalid'],
      [`fp_${NONEXISTENT}_${'A'.repeat(43)}`, 401, 'token_invalid'],
      [powerless, 403, isOperators ? 'operator_required' : 'scope_missing'],
    ] as const
    for (const [token, status, code] of cases) {
      // Why: any token of a workspace may see the workspace itself.
      if (token === powerless && url === '/v1/workspaces/:workspace_id') continue
      const answer = await open.call({ ...callOf(method, url, path, token), body: '{"not json' })
      requests += 1
      t.equal(answer.status, status, `${method} ${url}`)
      if (method !== 'HEAD') t.equal(answer.body.code, code, `${method} ${url}`)
    }
  }
  t.comment(`${requests} requests`)
  t.ok(requests > 90)
})

t.test('every route does its work for its own tenant and for the operator', async (t) => {
  for (const who of ['tenant', 'operator'] as const) {
    await using open = await openInstallation('sqlite::memory:')
    for (const { method, url } of workspaceRoutes(open)) {
      const { tenant, ids } = await furnish(open, `own-${method.toLowerCase()}-${url.length}`)
      const token = who === 'tenant' ? tenant.token : ADMIN_TOKEN
      const call = callOf(method, url, fill(url, ids), token)
      const body = withOwnDomain(call.body, ids)
      const answer = await open.call({ ...call, body })
      t.ok(answer.status < 300, `${who}: ${method} ${url}: ${answer.status} ${answer.text}`)
    }
  }
})

function workspaceRoutes(open: Installation) {
  return open.routes.filter(({ url }) => url.startsWith('/v1/workspaces/:workspace_id'))
}

/** Gives a body in which the domain that never was is one of the tenant's own. */
function withOwnDomain(body: unknown, ids: Readonly<Record<string, string>>): unknown {
  const own = Object.entries(Object(body)).map(([key, value]) => {
    if (value !== `dom_${NONEXISTENT}`) return [key, value]
    return [key, key === 'primary_domain_id' ? ids['free_domain_id'] : ids['domain_id']]
  })
  return body === undefined ? undefined : Object.fromEntries(own)
}

async function furnish(open: Installation, name: string): Promise<Furnished> {
  const tenant = await givenTenant(open, `marker-${name}`)
  const domain = await givenDomain(tenant, `marker-${name}.example.com`)
  const link = await givenLink(tenant, {
    domain_id: domain.id,
    slug: `marker-${name}`,
    tags: [`marker-${name}`],
  })
  await record(open, {
    ...clickOf(open, tenant, link.id),
    referrer: `marker-${name}.example.org`,
  })
  const body = { name: `marker-${name}`, scopes: ['links:read'] }
  const token = await tenant.call({ method: 'POST', path: '/tokens', body })
  const primary = await givenDomain(tenant, `marker-${name}-primary.example.com`)
  const free = await givenDomain(tenant, `marker-${name}-free.example.com`)
  const group = await tenant.call({
    method: 'POST',
    path: '/domain-groups',
    body: {
      name: `marker-${name}`,
      primary_domain_id: primary.id,
      alternate_domain_ids: [domain.id],
      alternates: 'serve',
    },
  })
  const webhook = await givenWebhook(tenant, { url: `https://hooks.example.com/marker-${name}` })
  const recipient = await givenRecipient(tenant, `marker-${name}@example.com`)
  await tell(open, tenant, `marker-${name}`, { message: `marker-${name}` })
  const notices = await tenant.call({ path: '/notices' })
  const ids = {
    webhook_id: webhook.id,
    recipient_id: recipient.id,
    notice_id: notices.body.data[0].id,
    group_id: group.body.id,
    free_domain_id: free.id,
    workspace_id: tenant.id,
    domain_id: domain.id,
    link_id: link.id,
    token_id: token.body.id,
  }
  return { tenant, ids }
}

/** A token whose only scope opens no route: its scope is taken away afterwards. */
async function givenPowerless(open: Installation, tenant: Tenant): Promise<string> {
  const body = { name: 'powerless', scopes: ['links:read'] }
  const made = await tenant.call({ method: 'POST', path: '/tokens', body })
  await open.storage.db
    .updateTable('tokens')
    .set({ scopes_json: '["retired:scope"]' })
    .where('id', '=', made.body.id)
    .execute()
  return made.body.token
}

function idsOf(kind: IdKind, parameter: string, other: Furnished): readonly string[] {
  const theirs = other.ids[parameter] ?? ''
  switch (kind) {
    case 'own':
      return []
    case 'other':
      return [theirs]
    case 'nonexistent':
      return [`${theirs.slice(0, theirs.indexOf('_'))}_${NONEXISTENT}`]
    case 'malformed':
      return MALFORMED
    default:
      return kind satisfies never
  }
}

function fill(url: string, ids: Readonly<Record<string, string>>): string {
  return url.replaceAll(/:(\w+)/g, (_, name: string) => ids[name] ?? '')
}

function callOf(method: string, url: string, path: string, token: string): Call {
  const body = BODIES[`${method} ${url}`]
  return { method: method as Exclude<Call['method'], undefined>, path, token, body }
}

function withoutLength({ status, headers }: Answer): object {
  const { date: _date, ...others } = headers
  return { status, names: Object.keys(others).toSorted() }
}

async function snapshot(open: Installation, tenant: Tenant): Promise<unknown> {
  const { db } = open.storage
  type Table =
    | 'domains'
    | 'domain_groups'
    | 'links'
    | 'tokens'
    | 'link_tags'
    | 'domain_events'
    | 'click_counts'
    | 'notices'
    | 'notice_receivers'
    | 'deliveries'
  const of = (table: Table) =>
    db.selectFrom(table).selectAll().where('workspace_id', '=', tenant.id).execute()
  return Promise.all([
    of('domains'),
    of('domain_groups'),
    of('links'),
    of('tokens'),
    of('link_tags'),
    of('domain_events'),
    of('click_counts'),
    of('notices'),
    of('notice_receivers'),
    of('deliveries'),
    db.selectFrom('workspaces').selectAll().where('id', '=', tenant.id).execute(),
  ])
}
