import t from 'tap'
import { request, sendRaw } from './support/raw-client.ts'
import { startTestEdge, until } from './support/test-edge.ts'

const HOST = 'links.example.com'
const PERMANENT_TTL_MS = 300_000

async function edgeWithLink(link: object = {}) {
  const edge = await startTestEdge()
  const domainId = edge.core.givenDomain({ hostname: HOST, status: 'active' })
  const destination = 'https://example.com/page'
  const linkId = edge.core.givenLink({ hostname: HOST, slug: 'spring', destination, ...link })
  await edge.caughtUp()
  return Object.assign(edge, {
    domainId,
    linkId,
    get: (path = '/spring', options = {}) => request(edge.port, HOST, path, options),
    /** Asks often enough for the answer to be prepared, and used at least once. */
    async warm() {
      for (let turn = 0; turn < 4; turn += 1) await request(edge.port, HOST, '/spring')
    },
    lookups: () => edge.core.calls.lookupLink,
  })
}

t.test('an answer given again is the same in every octet but the date', async (t) => {
  await using edge = await edgeWithLink()
  const answers = []
  for (let turn = 0; turn < 6; turn += 1) {
    const { headers, ...rest } = await edge.get()
    answers.push(JSON.stringify({ ...rest, headers: { ...headers, date: '' } }))
  }
  t.equal(new Set(answers).size, 1)
  t.equal(edge.lookups(), 1)
  t.equal(edge.clicked.length, 6, 'and each is counted')
})

t.test('a query makes no difference, and HEAD has no body', async (t) => {
  await using edge = await edgeWithLink()
  await edge.warm()
  for (const path of ['/spring?x=1', '/spring?', '/spring?y=https://other.example/']) {
    t.match(await edge.get(path), {
      status: 302,
      headers: { location: 'https://example.com/page' },
    })
  }
  t.match(await edge.get('/spring', { method: 'HEAD' }), { status: 302, body: '' })
  t.equal(edge.clicked.at(-1)?.method, 'HEAD')
  t.match(await edge.get('/spring', { method: 'POST' }), { status: 405 })
  t.match(await edge.get('/spring/x'), { status: 404 })
  t.equal(edge.clicked.length, 8)
})

const CHANGES = {
  'the link is disabled': {
    status: 410,
    change: ({ core, linkId }) => core.changeLink(linkId, { isDisabled: true }),
  },
  'the link is deleted': { status: 404, change: ({ core, linkId }) => core.deleteLink(linkId) },
  'the domain is suspended': {
    status: 410,
    change: ({ core, domainId }) => core.changeDomain(domainId, { status: 'suspended' }),
  },
  'the domain is deleted': {
    status: 421,
    change: ({ core, domainId }) => core.deleteDomain(domainId),
  },
  'the link leads elsewhere': {
    status: 302,
    change: ({ core, linkId }) =>
      core.changeLink(linkId, { destination: 'https://example.com/other' }),
  },
} satisfies Record<
  string,
  {
    readonly status: number
    readonly change: (edge: Awaited<ReturnType<typeof edgeWithLink>>) => void
  }
>

for (const [name, { status, change }] of Object.entries(CHANGES)) {
  t.test(`nothing old is given again once ${name}`, async (t) => {
    await using edge = await edgeWithLink()
    await edge.warm()
    change(edge)
    await edge.caughtUp()
    const answer = await edge.get()
    t.equal(answer.status, status)
    t.not(answer.headers['location'], 'https://example.com/page')
  })
}

t.test('a link that expires is gone from that instant on', async (t) => {
  await using edge = await edgeWithLink({ expiresAt: 1_800_000_000_000 + 10_000 })
  await edge.warm()
  await edge.advance(9_999)
  t.equal((await edge.get()).status, 302)
  await edge.advance(1)
  t.equal((await edge.get()).status, 410)
})

t.test('a permanent redirect that expires tells browsers each time how long it has', async (t) => {
  const expiresAt = 1_800_000_000_000 + PERMANENT_TTL_MS
  await using edge = await edgeWithLink({ expiresAt, redirectStatus: 301 })
  await edge.warm()
  t.equal((await edge.get()).headers['cache-control'], 'private, max-age=300')
  await edge.advance(10_000)
  t.equal((await edge.get()).headers['cache-control'], 'private, max-age=290')
})

t.test(
  'past its lifetime an entry is confirmed again, also when only used as prepared',
  async (t) => {
    await using edge = await edgeWithLink()
    await edge.warm()
    t.equal(edge.lookups(), 1)
    await edge.advance(60_000)
    t.equal((await edge.get()).status, 302)
    await until(() => edge.lookups() === 2)
  },
)

t.test('requests sent at once are answered in order, prepared or not', async (t) => {
  await using edge = await edgeWithLink()
  edge.core.givenLink({ hostname: HOST, slug: 'cold', destination: 'https://example.com/cold' })
  await edge.caughtUp()
  await edge.warm()
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`
  const octets = ['/spring', '/cold', '/spring', '/none', '/spring'].map(get).join('')
  const { responses } = await sendRaw(edge.port, octets, { count: 5 })
  t.same(
    responses.map(({ status, headers }) => headers['location'] ?? status),
    [
      'https://example.com/page',
      'https://example.com/cold',
      'https://example.com/page',
      404,
      'https://example.com/page',
    ],
  )
})

t.test('a connection that is to be closed is closed, and HTTP/1.0 is spoken to', async (t) => {
  await using edge = await edgeWithLink()
  await edge.warm()
  const closing = `GET /spring HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`
  const old = `GET /spring HTTP/1.0\r\nHost: ${HOST}\r\n\r\n`
  for (const octets of [closing, old]) {
    const { responses, isClosed } = await sendRaw(edge.port, octets, { untilClosed: true })
    t.match(responses, [{ status: 302, headers: { connection: 'close' } }])
    t.equal(responses.length, 1)
    t.equal(isClosed, true)
  }
})

t.test('after a reset nothing is given again before it is confirmed', async (t) => {
  await using edge = await edgeWithLink()
  await edge.warm()
  const { sequence, lineage } = edge.core
  edge.core.emit({ kind: 'reset', sequence: sequence + 1, lineage })
  await until(() => edge.lookup.sequence === sequence + 1)
  const asked = edge.lookups()
  await edge.get()
  t.ok(edge.lookups() > asked)
})

t.test('a port makes no difference, and what is no port is refused', async (t) => {
  await using edge = await edgeWithLink()
  await edge.warm()
  const hits = await edge.sample('edge_l1_hits_total')
  for (const host of [`${HOST}:8443`, `${HOST}:`, `${HOST}:443`]) {
    t.equal((await request(edge.port, host, '/spring')).status, 302, host)
  }
  t.equal(await edge.sample('edge_l1_hits_total'), hits + 3)
  for (const host of [`${HOST}:80a`, `${HOST}:1:2`, `${HOST}:-1`]) {
    t.equal((await request(edge.port, host, '/spring')).status, 400, host)
  }
  t.equal((await request(edge.port, `${HOST}:123456`, '/spring')).status, 421)
})
