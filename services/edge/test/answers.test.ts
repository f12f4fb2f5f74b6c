import t from 'tap'
import { request, sendRaw } from './support/raw-client.ts'
import { startTestEdge } from './support/test-edge.ts'

const HOSTNAME = 'links.example.com'
const THERE = 'https://example.com/there?a=b#c'

async function edgeWithLinks() {
  const edge = await startTestEdge()
  const domainId = edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  const give = (slug: string, more: object = {}): string =>
    edge.core.givenLink({ hostname: HOSTNAME, slug, destination: THERE, ...more })
  const linkId = give('spring')
  give('moved', { redirectStatus: 301 })
  give('kept', { redirectStatus: 307 })
  give('kept-moved', { redirectStatus: 308 })
  give('off', { isDisabled: true })
  give('soon', { expiresAt: edge.clock.now() + 60_000 })
  give('moved-soon', { redirectStatus: 301, expiresAt: edge.clock.now() + 60_000 })
  give('sch\u00f6n')
  give('%41')
  await edge.caughtUp()
  return Object.assign(edge, { domainId, linkId })
}

t.test('a link is answered with its status, its destination and nothing else', async (t) => {
  await using edge = await edgeWithLinks()
  const statuses = { spring: 302, moved: 301, kept: 307, 'kept-moved': 308 }
  for (const tier of ['core', 'l1']) {
    for (const [slug, status] of Object.entries(statuses)) {
      const { headers, ...response } = await request(edge.port, HOSTNAME, `/${slug}`)
      t.same(response, { status, body: '' }, `${slug} from ${tier}`)
      const isPermanent = status === 301 || status === 308
      t.equal(headers['location'], THERE)
      t.equal(headers['cache-control'], isPermanent ? 'private, max-age=300' : 'private, no-store')
      t.equal(headers['content-length'], '0')
      t.notOk(headers['set-cookie'] ?? headers['content-type'])
    }
  }
  t.equal(edge.core.calls.lookupLink, 4, 'each link was looked up once')
})

t.test('a permanent redirect is kept by browsers until the link expires at most', async (t) => {
  await using edge = await edgeWithLinks()
  const cacheControl = async () =>
    (await request(edge.port, HOSTNAME, '/moved-soon')).headers['cache-control']
  t.equal(await cacheControl(), 'private, max-age=60')
  await edge.advance(59_500)
  t.equal(await cacheControl(), 'private, no-store')
})

t.test('expiry counts on the hit path, at its very instant', async (t) => {
  await using edge = await edgeWithLinks()
  t.equal((await request(edge.port, HOSTNAME, '/soon')).status, 302)
  await edge.advance(59_999)
  t.equal((await request(edge.port, HOSTNAME, '/soon')).status, 302)
  t.equal(edge.core.calls.lookupLink, 1)
  await edge.advance(1)
  t.equal((await request(edge.port, HOSTNAME, '/soon')).status, 410)
  t.equal((await request(edge.port, HOSTNAME, '/off')).status, 410)
})

t.test('a suspended domain is gone as soon as the change arrives, and back as soon', async (t) => {
  await using edge = await edgeWithLinks()
  const status = async () => (await request(edge.port, HOSTNAME, '/spring')).status
  t.equal(await status(), 302)
  edge.core.changeDomain(edge.domainId, { status: 'suspended' })
  await edge.caughtUp()
  t.equal(await status(), 410)
  edge.core.changeDomain(edge.domainId, { status: 'active' })
  await edge.caughtUp()
  t.equal(await status(), 302)
  edge.core.changeLink(edge.linkId, { isDisabled: true })
  await edge.caughtUp()
  t.equal(await status(), 410)
  edge.core.deleteLink(edge.linkId)
  await edge.caughtUp()
  t.equal(await status(), 404)
  edge.core.deleteDomain(edge.domainId)
  await edge.caughtUp()
  t.equal(await status(), 421)
})

t.test('a hostname that passes to another workspace keeps nothing of the first', async (t) => {
  await using edge = await edgeWithLinks()
  t.equal((await request(edge.port, HOSTNAME, '/spring')).status, 302)
  edge.core.deleteDomain(edge.domainId)
  edge.core.givenDomain({ hostname: HOSTNAME, status: 'active', workspaceId: 'ws_2' })
  await edge.caughtUp()
  t.equal((await request(edge.port, HOSTNAME, '/moved')).status, 404)
  t.equal((await request(edge.port, HOSTNAME, '/spring')).status, 404)
})

t.test('the root and unknown slugs get pages, or the URLs that the domain names', async (t) => {
  await using edge = await edgeWithLinks()
  const get = (path: string) => request(edge.port, HOSTNAME, path)
  t.match(await get('/'), { status: 404, body: /only forwards short links/ })
  t.match(await get('/lost'), { status: 404, body: /does not exist/ })
  t.match(await get('/a/b'), { status: 404, body: /does not exist/ })
  edge.core.changeDomain(edge.domainId, {
    rootUrl: 'https://example.com/',
    notFoundUrl: 'https://example.com/lost',
  })
  await edge.caughtUp()
  const lost = { status: 302, headers: { location: 'https://example.com/lost' } }
  t.match(await get('/?utm=1'), { status: 302, headers: { location: 'https://example.com/' } })
  t.match(await get('/lost'), lost)
  t.match(await get('/a/b'), lost)
  t.match(await get('//evil.example/x'), lost)
  t.match(await get('/favicon.ico'), { status: 404 })
  t.match(await get('/.well-known/acme-challenge/x'), { status: 404 })
  t.match(await get('/off'), { status: 410 })
})

t.test('neither the query nor a header moves a destination', async (t) => {
  await using edge = await edgeWithLinks()
  const names = 'url next u redirect redir_url r dest destination to target go out link'.split(' ')
  for (const name of names) {
    const path = `/spring?${name}=https://evil.example&${name}=//evil.example`
    const { status, headers } = await request(edge.port, HOSTNAME, path)
    t.same([status, headers['location']], [302, THERE], name)
  }
  t.equal(edge.core.calls.lookupLink, 1, 'queries make no entries of their own')
})

t.test('a slug is found in each of its encodings, and only there', async (t) => {
  await using edge = await edgeWithLinks()
  const status = async (path: string) => (await request(edge.port, HOSTNAME, path)).status
  for (const path of ['/sch%C3%B6n', '/sch%c3%b6n', '/scho%CC%88n', '/%73ch%C3%B6n/', '/%2541']) {
    t.equal(await status(path), 302, path)
  }
  for (const path of ['/schon', '/SPRING', '/%41', '/spring%00', '/spring//', '/sch%F6n']) {
    t.equal(await status(path), 404, path)
  }
})

t.test('HEAD gets the head of what GET gets', async (t) => {
  await using edge = await edgeWithLinks()
  for (const path of ['/spring', '/moved', '/off', '/lost', '/', '/.well-known/x']) {
    const get = await request(edge.port, HOSTNAME, path)
    const head = await request(edge.port, HOSTNAME, path, { method: 'HEAD' })
    t.same({ ...head, body: get.body }, get, path)
    t.equal(head.body, '')
  }
  const { responses } = await sendRaw(
    edge.port,
    `HEAD /lost HTTP/1.1\r\nHost: ${HOSTNAME}\r\nConnection: close\r\n\r\n`,
    { untilClosed: true },
  )
  t.equal(responses.length, 1, 'no octet follows the head')
})

t.test(
  'every page is small, self-contained, not kept, and says nothing of the request',
  async (t) => {
    await using edge = await edgeWithLinks()
    const marker = 'm4rk3r'
    const pages = [
      await request(edge.port, HOSTNAME, `/${marker}?${marker}`, { headers: [`X-A: ${marker}`] }),
      await request(edge.port, `${marker}.example.com`, `/${marker}`),
      await request(edge.port, HOSTNAME, `/${marker}`, { method: 'POST' }),
      await request(edge.port, `${marker}/`, '/'),
    ]
    for (const { status, headers, body } of pages) {
      t.notMatch(body, marker, `${status}`)
      t.notMatch(JSON.stringify(headers), marker)
      t.notMatch(body, /<script|<img|<link|src=|href=|url\(|import/)
      t.ok(body.length < 2_500)
      t.match(headers, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'private, no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'content-security-policy': /^default-src 'none'; style-src 'sha256-/,
      })
    }
    t.same(
      pages.map(({ status }) => status),
      [404, 421, 405, 400],
    )
  },
)

t.test('a domain that is not proved, and one that nobody has, are answered alike', async (t) => {
  await using edge = await edgeWithLinks()
  edge.core.givenDomain({ hostname: 'pending.example.com' })
  await edge.caughtUp()
  const pending = await request(edge.port, 'pending.example.com', '/x')
  const unknown = await request(edge.port, 'nobody.example.com', '/x')
  t.equal(pending.status, 421)
  t.same(pending, unknown)
})

const HOSTS: readonly (readonly [host: string, status: number])[] = [
  ['links.example.com', 302],
  ['LINKS.EXAMPLE.COM', 302],
  ['links.example.com:8443', 302],
  ['links.example.com.', 302],
  ['xn--bcher-kva.example', 302],
  ['XN--BCHER-KVA.example', 302],
  ['b\u00fccher.example', 400],
  ['links.example.com.evil.example', 421],
  ['example.com', 421],
  ['a.links.example.com', 421],
  ['127.0.0.1', 421],
  ['[::1]', 421],
  ['localhost', 421],
  ['evil.example@links.example.com', 400],
]
for (const [host, status] of HOSTS) {
  t.test(`Host ${host} is answered with ${status}, whatever is forwarded`, async (t) => {
    await using edge = await edgeWithLinks()
    edge.core.givenDomain({ hostname: 'xn--bcher-kva.example', status: 'active' })
    edge.core.givenLink({ hostname: 'xn--bcher-kva.example', slug: 'spring', destination: THERE })
    await edge.caughtUp()
    const forwarded = [
      'X-Forwarded-Host: links.example.com',
      'Forwarded: host=links.example.com',
      'X-Forwarded-Proto: https',
      'X-Original-URL: /off',
    ]
    t.equal((await request(edge.port, host, '/spring')).status, status)
    t.equal((await request(edge.port, host, '/spring', { headers: forwarded })).status, status)
    const elsewhere = ['X-Forwarded-Host: nobody.example', 'X-Forwarded-Server: nobody.example']
    t.equal((await request(edge.port, host, '/spring', { headers: elsewhere })).status, status)
  })
}

t.test('answers are counted by tier and outcome', async (t) => {
  await using edge = await edgeWithLinks()
  for (const path of ['/spring', '/spring', '/lost', '/.well-known/x']) {
    await request(edge.port, HOSTNAME, path)
  }
  const { text } = await edge.metrics.all.scrape()
  const counted = text
    .split('\n')
    .filter((line) => line.startsWith('fingerpost_edge_request_duration_seconds_count'))
  t.same(counted.toSorted(), [
    'fingerpost_edge_request_duration_seconds_count{tier="core",outcome="not_found"} 1',
    'fingerpost_edge_request_duration_seconds_count{tier="core",outcome="redirect"} 1',
    'fingerpost_edge_request_duration_seconds_count{tier="l1",outcome="redirect"} 1',
    'fingerpost_edge_request_duration_seconds_count{tier="none",outcome="not_found"} 1',
  ])
  t.notMatch(text, /spring|links\.example/)
  t.equal(await edge.sample('edge_l1_hits_total'), 1)
  t.equal(await edge.sample('edge_l1_misses_total'), 2)
  t.equal(await edge.sample('edge_change_stream_connected'), 1)
  t.equal(await edge.sample('edge_change_sequence'), edge.core.sequence)
})
