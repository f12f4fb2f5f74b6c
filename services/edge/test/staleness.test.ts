import t from 'tap'
import { AppError } from '@fingerpost/model/errors'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { request, sendRaw } from './support/raw-client.ts'
import { DEFAULT_LIMITS, startTestEdge, until } from './support/test-edge.ts'

const HOSTNAME = 'links.example.com'
const { ttlMs, negativeTtlMs } = DEFAULT_LIMITS.cache

async function edgeWithLinks(limits = DEFAULT_LIMITS) {
  const edge = await startTestEdge(limits)
  const domainId = edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  const linkId = edge.core.givenLink({
    hostname: HOSTNAME,
    slug: 'spring',
    destination: 'https://example.com/1',
  })
  await edge.caughtUp()
  const statusOf = async (path: string, hostname = HOSTNAME) =>
    (await request(edge.port, hostname, path)).status
  return Object.assign(edge, { domainId, linkId, statusOf })
}

/** Core goes away, and the edge has noticed that its change stream is gone. */
async function loseCore(edge: Awaited<ReturnType<typeof edgeWithLinks>>): Promise<void> {
  edge.core.down()
  await until(() => !edge.lookup.isConnected)
}

t.test('1,000 requests at once for a cold link are one lookup in core', async (t) => {
  await using edge = await edgeWithLinks()
  const release = edge.core.hold('lookupLink')
  const get = `GET /spring HTTP/1.1\r\nHost: ${HOSTNAME}\r\n\r\n`
  const exchanges = Array.from({ length: 50 }, () =>
    sendRaw(edge.port, get.repeat(20), { count: 20 }),
  )
  let waiting = 0
  edge.server.on('request', () => (waiting += 1))
  await until(() => waiting === 1_000)
  release()
  const statuses = (await Promise.all(exchanges)).flatMap(({ responses }) =>
    responses.map(({ status }) => status),
  )
  t.same(statuses, Array<number>(1_000).fill(302))
  t.equal(edge.core.calls.lookupLink, 1)
})

t.test('without core a warm link is served until its stale window ends, then 503', async (t) => {
  // Why not a day: the follower tries again each second, on this clock as well.
  const staleMsMax = 300_000
  const cache = { ...DEFAULT_LIMITS.cache, staleMsMax }
  await using edge = await edgeWithLinks({ ...DEFAULT_LIMITS, cache })
  t.equal(await edge.statusOf('/spring'), 302)
  await loseCore(edge)
  for (const ageMs of [ttlMs - 1, ttlMs, ttlMs + 1, staleMsMax - 1]) {
    await edge.clock.advance(ageMs - (edge.clock.now() - 1_800_000_000_000))
    t.equal(await edge.statusOf('/spring'), 302, `${ageMs} ms after it was confirmed`)
  }
  await edge.clock.advance(1)
  const gone = await request(edge.port, HOSTNAME, '/spring')
  t.match(gone, { status: 503, headers: { 'retry-after': '1', 'cache-control': /no-store/ } })
  t.equal(await edge.sample('edge_l1_stale_total{reason="core_failed"}'), 4)
})

t.test(
  'in a long outage a link in demand is asked for now and then, and nobody waits',
  async (t) => {
    await using edge = await edgeWithLinks()
    t.equal(await edge.statusOf('/spring'), 302)
    await loseCore(edge)
    await edge.clock.advance(ttlMs)
    t.equal(await edge.statusOf('/spring'), 302)
    const asked = edge.core.calls.lookupLink
    await edge.clock.advance(499)
    t.equal(await edge.statusOf('/spring'), 302)
    t.equal(edge.core.calls.lookupLink, asked, 'not asked again at once')

    await edge.clock.advance(1)
    const release = edge.core.hold('lookupLink')
    for (const attempt of [1, 2, 3]) t.equal(await edge.statusOf('/spring'), 302, `${attempt}`)
    t.equal(edge.core.calls.lookupLink, asked + 1, 'asked once behind all of them')
    release()
    await until(() => edge.lookup.counts().link === 1)
  },
)

t.test('what changed after a failed confirmation is not served any more', async (t) => {
  await using edge = await edgeWithLinks()
  t.equal(await edge.statusOf('/spring'), 302)
  await edge.clock.advance(ttlMs)
  const overdue = new AppError('core_overdue', 'Core did not answer.')
  edge.core.failNext('lookupLink', overdue)
  for (const attempt of [1, 2]) t.equal(await edge.statusOf('/spring'), 302, `${attempt}`)
  t.equal(edge.core.calls.lookupLink, 2, 'the second without asking')
  edge.core.changeLink(edge.linkId, { destination: 'https://example.com/2' })
  await edge.caughtUp()
  edge.core.failNext('lookupLink', overdue)
  t.equal(await edge.statusOf('/spring'), 503)
})

t.test('after a reset what could not be confirmed is asked for first again', async (t) => {
  await using edge = await edgeWithLinks()
  t.equal(await edge.statusOf('/spring'), 302)
  const overdue = new AppError('core_overdue', 'Core did not answer.')
  for (const sequence of [edge.core.sequence + 10, edge.core.sequence + 20]) {
    const asked = edge.core.calls.lookupLink
    edge.core.emit({ kind: 'reset', sequence, lineage: edge.core.lineage })
    await until(() => edge.lookup.sequence === sequence)
    edge.core.failNext('lookupLink', overdue)
    for (const attempt of [1, 2]) t.equal(await edge.statusOf('/spring'), 302, `${attempt}`)
    t.equal(edge.core.calls.lookupLink, asked + 1)
  }
})

t.test('without core nothing is said to be missing that is not known to be', async (t) => {
  await using edge = await edgeWithLinks()
  t.equal(await edge.statusOf('/lost'), 404)
  t.equal(await edge.statusOf('/x', 'nobody.example.com'), 421)
  await loseCore(edge)
  t.equal(await edge.statusOf('/lost'), 404, 'known a moment ago')
  t.equal(await edge.statusOf('/cold'), 503)
  t.equal(await edge.statusOf('/x', 'cold.example.com'), 503)
  await edge.clock.advance(negativeTtlMs - 1)
  t.same(
    [await edge.statusOf('/lost'), await edge.statusOf('/x', 'nobody.example.com')],
    [404, 421],
  )
  await edge.clock.advance(1)
  t.same(
    [await edge.statusOf('/lost'), await edge.statusOf('/x', 'nobody.example.com')],
    [503, 503],
  )
  edge.core.up()
  await edge.clock.advance(1_000)
  t.same(
    [await edge.statusOf('/lost'), await edge.statusOf('/x', 'nobody.example.com')],
    [404, 421],
  )
})

t.test('expiry counts for what is served stale', async (t) => {
  await using edge = await edgeWithLinks()
  const expiresAt = edge.clock.now() + 2 * ttlMs
  edge.core.changeLink(edge.linkId, { expiresAt })
  await edge.caughtUp()
  t.equal(await edge.statusOf('/spring'), 302)
  await loseCore(edge)
  await edge.clock.advance(2 * ttlMs - 1)
  t.equal(await edge.statusOf('/spring'), 302)
  await edge.clock.advance(1)
  t.equal(await edge.statusOf('/spring'), 410)
})

t.test(
  'with the stream connected a link past its lifetime is served while core is asked',
  async (t) => {
    await using edge = await edgeWithLinks()
    t.equal(await edge.statusOf('/spring'), 302)
    await edge.advance(ttlMs)
    const release = edge.core.hold('lookupLink')
    for (const attempt of [1, 2, 3]) t.equal(await edge.statusOf('/spring'), 302, `${attempt}`)
    t.equal(edge.core.calls.lookupLink, 2, 'one lookup behind all of them')
    release()
    await until(() => edge.lookup.counts().link === 1)
    await edge.advance(ttlMs - 1)
    t.equal(await edge.statusOf('/spring'), 302)
    t.equal(edge.core.calls.lookupLink, 2, 'confirmed, so fresh again')
    // The others were given again as the first was, which counts as a hit.
    t.equal(await edge.sample('edge_l1_stale_total{reason="revalidating"}'), 1)
  },
)

t.test('what changed is not served stale, although core is gone by then', async (t) => {
  await using edge = await edgeWithLinks()
  t.equal(await edge.statusOf('/spring'), 302)
  edge.core.changeLink(edge.linkId, { destination: 'https://example.com/2' })
  await edge.caughtUp()
  await loseCore(edge)
  t.equal(await edge.statusOf('/spring'), 503)
})

t.test('changes missed while the stream was gone are caught up', async (t) => {
  await using edge = await edgeWithLinks()
  t.equal(await edge.statusOf('/spring'), 302)
  await loseCore(edge)
  edge.core.changeLink(edge.linkId, { destination: 'https://example.com/2' })
  edge.core.up()
  await edge.clock.advance(1_000)
  await edge.caughtUp()
  const { headers } = await request(edge.port, HOSTNAME, '/spring')
  t.equal(headers['location'], 'https://example.com/2')
})

t.test(
  'after a reset everything is confirmed before it counts, and serves if core fails',
  async (t) => {
    await using edge = await edgeWithLinks()
    t.equal(await edge.statusOf('/spring'), 302)
    t.equal(await edge.statusOf('/lost'), 404)
    edge.core.emit({ kind: 'reset', sequence: edge.core.sequence + 10, lineage: edge.core.lineage })
    await until(() => edge.lookup.sequence === edge.core.sequence + 10)
    edge.core.failNext('lookupLink', new AppError('core_overdue', 'Core did not answer.'))
    t.equal(await edge.statusOf('/spring'), 302, 'stale, since core did not answer')
    edge.core.failNext('lookupLink', new AppError('core_overdue', 'Core did not answer.'))
    t.equal(await edge.statusOf('/lost'), 503, 'what did not exist is not taken on trust')
  },
)

t.test('a core whose database was restored is believed, and nothing from before is', async (t) => {
  await using edge = await edgeWithLinks()
  const restored = edge.core.sequence
  const hostname = canonicalHostname(HOSTNAME)
  if (hostname === undefined) throw new Error('The test is wrong.')
  const change = {
    kind: 'hostname_changed',
    hostname,
    status: 'active',
    certificate: 'none',
    mayHoldUntil: undefined,
    committedAt: 0,
  } as const
  edge.core.emit({ ...change, sequence: restored + 4 })
  await until(() => edge.lookup.sequence === restored + 4)
  t.equal(await edge.statusOf('/spring'), 503, 'answers older than what was applied do not count')
  edge.core.beat()
  await until(() => edge.lookup.sequence === restored)
  t.equal(await edge.statusOf('/spring'), 302)
})

t.test('a core that hangs is left alone after a few lookups, and asked again', async (t) => {
  await using edge = await edgeWithLinks()
  t.equal(await edge.statusOf('/spring'), 302)
  const overdue = new AppError('core_overdue', 'Core did not answer.')
  for (let cold = 0; cold < 5; cold += 1) {
    edge.core.failNext('lookupLink', overdue)
    t.equal(await edge.statusOf(`/cold-${cold}`), 503)
  }
  const asked = edge.core.calls.lookupLink
  t.equal(await edge.statusOf('/cold'), 503)
  t.equal(await edge.statusOf('/spring'), 302)
  t.equal(edge.core.calls.lookupLink, asked, 'not asked while it rests')
  await edge.clock.advance(500)
  t.equal(await edge.statusOf('/cold'), 404)
  t.equal(await edge.statusOf('/cold-1'), 404)
})

t.test('random slugs and hostnames push out no link', async (t) => {
  const cache = { ...DEFAULT_LIMITS.cache, entriesMax: 10, absentMax: 20 }
  await using edge = await edgeWithLinks({ ...DEFAULT_LIMITS, cache })
  t.equal(await edge.statusOf('/spring'), 302)
  for (let wrong = 0; wrong < 100; wrong += 1) {
    t.equal(await edge.statusOf(`/wrong-${wrong}`), 404)
    t.equal(await edge.statusOf('/spring', `wrong-${wrong}.example.com`), 421)
  }
  t.same(edge.lookup.counts(), { domain: 1, link: 1, absent_domain: 20, absent_link: 20 })
  const asked = edge.core.calls.lookupLink
  t.equal(await edge.statusOf('/spring'), 302)
  t.equal(edge.core.calls.lookupLink, asked)
})

t.test('long destinations and URLs of domains push out the least recently used', async (t) => {
  const cache = { ...DEFAULT_LIMITS.cache, octetsMax: 20_000 }
  await using edge = await edgeWithLinks({ ...DEFAULT_LIMITS, cache })
  const destination = `https://example.com/${'x'.repeat(8_000)}`
  for (const name of ['a', 'b', 'c']) {
    const hostname = `${name}.example.com`
    edge.core.givenDomain({ hostname, status: 'active', notFoundUrl: destination })
    edge.core.givenLink({ hostname, slug: 'long', destination })
  }
  await edge.caughtUp()
  for (const name of ['a', 'b', 'c']) {
    t.equal(await edge.statusOf('/long', `${name}.example.com`), 302)
  }
  t.match(edge.lookup.counts(), { domain: 2, link: 2 })
  const asked = edge.core.calls.lookupLink
  t.equal(await edge.statusOf('/long', 'c.example.com'), 302)
  t.equal(edge.core.calls.lookupLink, asked)
  t.equal(await edge.statusOf('/long', 'a.example.com'), 302)
  t.equal(edge.core.calls.lookupLink, asked + 1)
})

t.test(
  'lookups beyond a limit are refused with 503, and one hostname cannot take all',
  async (t) => {
    const flights = {
      ...DEFAULT_LIMITS.flights,
      flightsMax: 4,
      flightsPerLaneMax: 2,
      waitersMax: 6,
    }
    await using edge = await edgeWithLinks({ ...DEFAULT_LIMITS, flights })
    edge.core.givenDomain({ hostname: 'other.example.com', status: 'active' })
    await edge.caughtUp()
    t.equal(await edge.statusOf('/spring'), 302)
    t.equal(await edge.statusOf('/x', 'other.example.com'), 404)
    const release = edge.core.hold('lookupLink')
    const before = edge.core.calls.lookupLink
    const pending: Promise<number>[] = []
    const begin = async (path: string, hostname = HOSTNAME): Promise<void> => {
      const calls = edge.core.calls.lookupLink
      pending.push(edge.statusOf(path, hostname))
      await until(() => edge.core.calls.lookupLink > calls)
    }
    await begin('/a')
    await begin('/b')
    t.equal(await edge.statusOf('/c'), 503, 'a third lookup on one hostname')
    await begin('/a', 'other.example.com')
    await begin('/x', 'nobody-1.example.com')
    t.equal(await edge.statusOf('/b', 'other.example.com'), 503, 'a fifth lookup')
    t.equal(await edge.statusOf('/spring'), 302, 'L1 needs no lookup')

    let requests = 0
    edge.server.on('request', () => (requests += 1))
    pending.push(edge.statusOf('/a'), edge.statusOf('/a'))
    await until(() => requests === 2)
    t.equal(await edge.statusOf('/a'), 503, 'a seventh request that waits')
    release()
    t.same(await Promise.all(pending), [404, 404, 404, 421, 404, 404])
    t.equal(edge.core.calls.lookupLink - before, 4)
    t.equal(await edge.sample('edge_lookups_refused_total'), 3)
    t.equal(await edge.statusOf('/c'), 404, 'there is room again')
  },
)

t.test('unknown hostnames share one part of the lookups', async (t) => {
  const flights = { ...DEFAULT_LIMITS.flights, flightsPerLaneMax: 1 }
  await using edge = await edgeWithLinks({ ...DEFAULT_LIMITS, flights })
  t.equal(await edge.statusOf('/spring'), 302)
  const release = edge.core.hold('lookupLink')
  const first = edge.statusOf('/', 'nobody-1.example.com')
  await until(() => edge.core.calls.lookupLink === 2)
  t.equal(await edge.statusOf('/', 'nobody-2.example.com'), 503)
  const known = edge.statusOf('/cold')
  await until(() => edge.core.calls.lookupLink === 3)
  release()
  t.same(await Promise.all([first, known]), [421, 404])
})
