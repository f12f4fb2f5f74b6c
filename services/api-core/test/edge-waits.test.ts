import t from 'tap'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { EDGE_WAITS_MAX, WORKSPACE_WAITS_MAX } from '../src/events/edge-waits.ts'
import { Edges } from '../src/events/edges.ts'
import { startHousekeeping } from '../src/housekeeping.ts'
import { createCoreMetrics } from '../src/metrics.ts'
import { EDGE_KEPT_MS } from '../src/rules/edge-lag.ts'
import {
  givenDomain,
  givenLink,
  givenTenant,
  openInstallation,
  SILENT,
  withEachEngine,
  withPostgres,
  type Answer,
  type Installation,
} from './installation.ts'
import { openEdge } from './test-edge.ts'

const BRIEF_MS = 200

async function givenLinkOf(open: Installation) {
  const tenant = await givenTenant(open)
  const { id } = await givenDomain(tenant, 'go.localhost')
  const link = await givenLink(tenant, { domain_id: id, slug: 'spring' })
  const write = (n: number, query = '?wait=edge'): Promise<Answer> =>
    tenant.call({
      method: 'PATCH',
      path: `/links/${link.id}${query}`,
      body: { destination_url: `https://example.com/${n}` },
    })
  return { tenant, domainId: id, linkId: link.id, write }
}

await withEachEngine(t, (t, { newUrl }) => {
  t.test('a write waits until the slowest of three edges has acknowledged it', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { write } = await givenLinkOf(open)
    const gate = { held: Promise.resolve() }
    await using one = await openEdge(open.core, 'edge-1')
    await using two = await openEdge(open.core, 'edge-2')
    await using slow = await openEdge(open.core, 'edge-3', { delay: () => gate.held })
    t.equal(open.edges.connected, 3)
    const held = Promise.withResolvers<void>()
    gate.held = held.promise
    let answer: Answer | undefined
    const writing = write(1).then((got) => (answer = got))
    await Promise.all([one.reached(3), two.reached(3)])
    await new Promise((resolve) => setTimeout(resolve, 50))
    t.equal(answer, undefined)
    held.resolve()
    await slow.reached(3)
    await writing
    t.match(answer, { status: 200, body: { destination_url: 'https://example.com/1' } })
  })

  t.test('without live edges every kind of write is answered at once', async (t) => {
    await using open = await openInstallation(await newUrl())
    const tenant = await givenTenant(open)
    const call = (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
      tenant.call({ method, path: `${path}?wait=edge`, ...(body && { body }) })
    const domain = await call('POST', '/domains', { hostname: 'go.localhost' })
    t.equal(domain.status, 201)
    const domainPath = `/domains/${domain.body.id}`
    const url = 'https://example.com/'
    t.equal((await call('PATCH', domainPath, { root_redirect_url: url })).status, 200)
    const link = await call('POST', '/links', { domain_id: domain.body.id, destination_url: url })
    t.equal(link.status, 201)
    t.equal((await call('PATCH', `/links/${link.body.id}`, { title: 'x' })).status, 200)
    t.equal((await call('DELETE', `/links/${link.body.id}`)).status, 204)
    t.equal((await call('DELETE', domainPath)).status, 204)
    t.equal(open.waits.count, 0)
  })

  t.test('any other wait is refused, and a check takes none', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { write, tenant, domainId } = await givenLinkOf(open)
    for (const query of ['?wait=', '?wait=edges', '?wait=1', '?wait=edge&wait=edge']) {
      t.match(await write(1, query), { status: 400, body: { code: 'query_invalid' } }, query)
    }
    const path = `/domains/${domainId}/check?wait=edge`
    t.match(await tenant.call({ method: 'POST', path }), {
      status: 400,
      body: { code: 'query_invalid' },
    })
  })

  t.test('an edge that lags is told by 504 with the facts, and the write stands', async (t) => {
    await using open = await openInstallation(await newUrl(), { edgeWaitMs: BRIEF_MS })
    const { write, tenant, linkId } = await givenLinkOf(open)
    await using _good = await openEdge(open.core, 'edge-1')
    const gate = Promise.withResolvers<void>()
    let isSlow = false
    const delay = async () => (isSlow ? gate.promise : undefined)
    await using slow = await openEdge(open.core, 'edge-2', { delay })
    await slow.reached(2)
    isSlow = true
    const { status, headers, body } = await write(1)
    t.equal(status, 504)
    t.equal(headers['retry-after'], undefined)
    t.match(body, {
      code: 'edges_lagging',
      detail: /^The write stands/,
      sequence: 3,
      edges_live: 2,
      edges_lagging: 1,
      edges: [{ id: 'edge-2', acknowledged: 2, connected: true, since: /^2027-/ }],
    })
    const link = await tenant.call({ path: `/links/${linkId}` })
    t.equal(link.body.destination_url, 'https://example.com/1')
    gate.resolve()
    await slow.reached(3)
    t.equal((await write(2)).status, 200)
  })

  t.test('a killed edge counts until it would have stopped serving by itself', async (t) => {
    await using open = await openInstallation(await newUrl(), { edgeWaitMs: BRIEF_MS })
    const { write } = await givenLinkOf(open)
    const edge = await openEdge(open.core, 'edge-1')
    await edge.lose()
    t.match(await write(1), {
      status: 504,
      body: { edges: [{ id: 'edge-1', connected: false }] },
    })
    open.advance(EDGE_KEPT_MS)
    t.equal((await write(2)).status, 200)
  })

  t.test('an edge that said farewell counts no more', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { write } = await givenLinkOf(open)
    const edge = await openEdge(open.core, 'edge-1')
    await edge.leave()
    t.equal((await write(1)).status, 200)
    t.equal(open.edges.connected, 0)
  })

  t.test('an edge that comes back catches up, and what it had applied counts', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { write } = await givenLinkOf(open)
    const first = await openEdge(open.core, 'edge-1')
    const { applied: afterSequence, lineage = '' } = first
    await first.lose()
    const writing = write(1)
    while (open.feed.latest < 3) await new Promise((resolve) => setImmediate(resolve))
    await using second = await openEdge(open.core, 'edge-1', { afterSequence, lineage })
    t.equal((await writing).status, 200)
    t.same(second.kinds, ['link_changed', 'heartbeat'])
    await using third = await openEdge(open.core, 'edge-1', { afterSequence: 3, lineage })
    await second.lose()
    t.equal(open.edges.connected, 1, 'the old stream ends later than the new one begins')
    t.equal((await write(2)).status, 200)
    await third.reached(4)
  })

  t.test('after a restart the edges of before count until they are back', async (t) => {
    const url = await newUrl()
    const setting = { edgeWaitMs: BRIEF_MS }
    const before = await openInstallation(url, setting)
    const { tenant, linkId } = await givenLinkOf(before)
    const edge = await openEdge(before.core, 'edge-1')
    await edge.reached(2)
    const { lineage = '' } = edge
    await edge.lose()
    await before[Symbol.asyncDispose]()
    await using after = await openInstallation(url, setting)
    const write = (n: number) =>
      after.call({
        method: 'PATCH',
        path: `${tenant.path}/links/${linkId}?wait=edge`,
        body: { destination_url: `https://example.com/${n}` },
      })
    t.match(await write(1), { status: 504, body: { edges: [{ id: 'edge-1', acknowledged: 2 }] } })
    await using _edge = await openEdge(after.core, 'edge-1', { afterSequence: 2, lineage })
    t.equal((await write(2)).status, 200)
  })

  t.test('a create that was answered 504 is not done twice, and waits again', async (t) => {
    await using open = await openInstallation(await newUrl(), { edgeWaitMs: BRIEF_MS })
    const { tenant, domainId } = await givenLinkOf(open)
    const create = () =>
      tenant.call({
        method: 'POST',
        path: '/links?wait=edge',
        body: { domain_id: domainId, slug: 'once', destination_url: 'https://example.com/' },
        headers: { 'idempotency-key': 'once' },
      })
    const edge = await openEdge(open.core, 'edge-1')
    const { applied: afterSequence, lineage = '' } = edge
    await edge.lose()
    t.match(await create(), { status: 504, body: { code: 'edges_lagging' } })
    t.match(await create(), { status: 504, body: { code: 'edges_lagging' } }, 'lags still')
    await using _back = await openEdge(open.core, 'edge-1', { afterSequence, lineage })
    const answer = await create()
    t.match(answer, { status: 201, body: { slug: 'once' } })
    t.equal(answer.headers['idempotency-replayed'], 'true')
    t.equal((await tenant.call({ path: '/links' })).body.data.length, 2)
  })

  t.test('an acknowledgement of more than was told counts for nothing', async (t) => {
    await using open = await openInstallation(await newUrl(), { edgeWaitMs: BRIEF_MS })
    const { write } = await givenLinkOf(open)
    const delay = () => new Promise<void>(() => {})
    void openEdge(open.core, 'edge-1', { delay })
    while (open.edges.connected === 0) await new Promise((resolve) => setImmediate(resolve))
    await open.core.acknowledgeChanges({ edgeId: 'edge-1', sequence: 1_000 })
    await open.core.acknowledgeChanges({ edgeId: 'nobody', sequence: 1_000 })
    t.equal((await write(1)).status, 504)
  })

  t.test('a name that cannot be shown is refused', async (t) => {
    await using open = await openInstallation(await newUrl())
    for (const id of ['a b', 'ä', '\n', 'x'.repeat(65)]) {
      await t.rejects(openEdge(open.core, id), { code: 'body_invalid' }, JSON.stringify(id))
    }
  })

  t.test('who finds too many waiting is refused before anything is written', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { write, tenant, linkId } = await givenLinkOf(open)
    const places = Array.from({ length: EDGE_WAITS_MAX }, (_, n) => open.waits.enter(`ws-${n % 9}`))
    t.match(await write(1), { status: 503, body: { code: 'too_many_waits' } })
    t.equal((await write(2, '')).status, 200, 'without waiting')
    for (const place of places) place[Symbol.dispose]()
    t.equal((await write(3)).status, 200)
    const { body } = await tenant.call({ path: `/links/${linkId}` })
    t.equal(body.version, 3)
  })

  t.test('no workspace takes the places of all others', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { write, tenant } = await givenLinkOf(open)
    const other = await givenTenant(open)
    const [first, ...places] = Array.from({ length: WORKSPACE_WAITS_MAX }, () =>
      open.waits.enter(tenant.id),
    )
    t.match(await write(1), {
      status: 503,
      body: { code: 'too_many_waits', limit: WORKSPACE_WAITS_MAX },
    })
    const body = { hostname: 'other.localhost' }
    const path = '/domains?wait=edge'
    t.equal((await other.call({ method: 'POST', path, body })).status, 201)
    first?.[Symbol.dispose]()
    t.equal((await write(2)).status, 200)
    for (const place of places) place[Symbol.dispose]()
    t.equal(open.waits.count, 0)
  })

  t.test('a stop leaves those who wait little more time', async (t) => {
    await using open = await openInstallation(await newUrl())
    const { write } = await givenLinkOf(open)
    const edge = await openEdge(open.core, 'edge-1')
    await edge.lose()
    const beganAt = performance.now()
    const writing = write(1)
    open.waits.stop()
    t.equal((await writing).status, 504)
    t.ok(performance.now() - beganAt < 3_000)
  })
})

t.test('who looks while the first edge joins does not count it for ever', async (t) => {
  await using open = await openInstallation(`sqlite:${t.testdir()}/1.sqlite`)
  let now = open.now()
  const clock = { ...SYSTEM_CLOCK, now: () => now }
  for (let ticks = 0; ticks < 60; ticks += 1) {
    await using edges = new Edges({ storage: open.storage, clock, log: SILENT })
    const joining = edges.join(`edge-${ticks}`)
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
    await edges.live()
    ;(await joining).end()
    now += EDGE_KEPT_MS
    t.same(await edges.live(), [], `looked after ${ticks} ticks`)
  }
})

await withPostgres(t, (t, { newUrl }) => {
  t.test('a write waits for the edges of another process, too', async (t) => {
    const url = await newUrl()
    await using one = await openInstallation(url, { edgeWaitMs: 1_000 })
    await using other = await openInstallation(url, { edgeWaitMs: 1_000 })
    await using _background = await startHousekeeping(backgroundOf(other))
    const { write, tenant, linkId } = await givenLinkOf(one)
    const gate = { isHeld: false, held: Promise.withResolvers<void>() }
    const delay = async () => (gate.isHeld ? gate.held.promise : undefined)
    const edge = await openEdge(other.core, 'edge-1', { delay })
    const beganAt = performance.now()
    t.equal((await write(1)).status, 200)
    t.comment(`waited ${Math.round(performance.now() - beganAt)} ms`)
    t.ok(edge.applied >= 3)
    gate.isHeld = true
    t.match(await write(2), { status: 504, body: { edges: [{ id: 'edge-1', connected: true }] } })
    gate.held.resolve()
    await edge.reached(4)
    gate.isHeld = false
    await edge.leave()
    t.equal((await write(3)).status, 200)
    t.equal((await tenant.call({ path: `/links/${linkId}` })).body.version, 4)
  })

  t.test('an acknowledgement counts at whatever process it arrives', async (t) => {
    const url = await newUrl()
    await using one = await openInstallation(url, { edgeWaitMs: 1_000 })
    await using other = await openInstallation(url, { edgeWaitMs: 1_000 })
    await using _background = await startHousekeeping(backgroundOf(other))
    const { write } = await givenLinkOf(one)
    const core = {
      watchChanges: other.core.watchChanges.bind(other.core),
      acknowledgeChanges: one.core.acknowledgeChanges.bind(one.core),
    }
    await using edge = await openEdge(core, 'edge-1')
    t.equal((await write(1)).status, 200)
    t.ok(edge.applied >= 3)
  })

  t.test('an edge that has moved is heard, and can leave, at the process of before', async (t) => {
    const url = await newUrl()
    await using one = await openInstallation(url, { edgeWaitMs: 1_000 })
    await using other = await openInstallation(url, { edgeWaitMs: 1_000 })
    await using _background = await startHousekeeping(backgroundOf(other))
    const { write } = await givenLinkOf(one)
    const first = await openEdge(one.core, 'edge-1')
    await first.reached(2)
    const { lineage = '' } = first
    await first.lose()
    const core = {
      watchChanges: other.core.watchChanges.bind(other.core),
      acknowledgeChanges: one.core.acknowledgeChanges.bind(one.core),
    }
    const second = await openEdge(core, 'edge-1', { afterSequence: 2, lineage })
    t.equal((await write(1)).status, 200)
    await second.leave()
    t.equal((await write(2)).status, 200)
  })

  t.test('no more counts than there is, at whatever process it is said', async (t) => {
    const url = await newUrl()
    await using one = await openInstallation(url, { edgeWaitMs: BRIEF_MS })
    await using other = await openInstallation(url)
    const { write } = await givenLinkOf(one)
    const gate = { isHeld: false, held: Promise.withResolvers<void>() }
    const delay = async () => (gate.isHeld ? gate.held.promise : undefined)
    await using edge = await openEdge(other.core, 'edge-1', { delay })
    await edge.reached(2)
    gate.isHeld = true
    while ((await one.edges.live())[0]?.acknowledged !== 2);
    await one.core.acknowledgeChanges({ edgeId: 'edge-1', sequence: 1_000 })
    // Why a pause: what must not be stored would be stored by then.
    await new Promise((resolve) => setTimeout(resolve, 100))
    t.match(await write(1), { status: 504, body: { edges: [{ acknowledged: 2 }] } })
    gate.held.resolve()
  })

  t.test('an edge that moves to another process is one edge', async (t) => {
    const url = await newUrl()
    await using one = await openInstallation(url)
    await using other = await openInstallation(url)
    await using _background = await startHousekeeping(backgroundOf(other))
    const { write } = await givenLinkOf(one)
    const first = await openEdge(one.core, 'edge-1')
    await first.reached(2)
    const { lineage = '' } = first
    await first.lose()
    await using _second = await openEdge(other.core, 'edge-1', { afterSequence: 2, lineage })
    t.equal((await write(1)).status, 200)
    t.match(await one.edges.live(), [{ id: 'edge-1', isConnected: true }])
  })

  t.test('the edges of a process that died count for a while', async (t) => {
    const url = await newUrl()
    await using one = await openInstallation(url, { edgeWaitMs: BRIEF_MS })
    const { write } = await givenLinkOf(one)
    // Why never disposed of before the end: it is to fall silent, not to say that its edges are gone.
    await using dead = await openInstallation(url)
    await dead.edges.join('edge-1')
    t.match(await write(1), { status: 504, body: { edges: [{ id: 'edge-1' }] } })
    one.advance(20_000 + EDGE_KEPT_MS - 1)
    t.match(await write(2), { status: 504, body: { edges: [{ connected: false }] } })
    one.advance(1)
    t.equal((await write(3)).status, 200)
  })
})

function backgroundOf({ storage, feed }: Installation) {
  return { storage, feed, clock: SYSTEM_CLOCK, log: SILENT, metrics: createCoreMetrics(feed) }
}
