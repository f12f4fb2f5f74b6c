import t from 'tap'
import { request } from './support/raw-client.ts'
import { eventually, ops, startWholeEdge } from './support/running-edge.ts'

const HOSTNAME = 'links.example.com'

async function wholeEdge(settings?: Readonly<Record<string, string>>) {
  const whole = await startWholeEdge(settings)
  whole.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  const linkId = whole.core.givenLink({
    hostname: HOSTNAME,
    slug: 'spring',
    destination: 'https://example.com/1',
  })
  for (let cold = 0; cold < 20; cold += 1) {
    const destination = 'https://example.com/cold'
    whole.core.givenLink({ hostname: HOSTNAME, slug: `cold-${cold}`, destination })
  }
  const statusOf = async (path: string) => (await request(whole.ports.http, HOSTNAME, path)).status
  const leadsTo = async (destination: string) =>
    (await request(whole.ports.http, HOSTNAME, '/spring')).headers['location'] === destination
  const isConnected = async () =>
    (await ops(whole.ports.ops, '/metrics')).text.includes('edge_change_stream_connected 1\n')
  return Object.assign(whole, { linkId, statusOf, leadsTo, isConnected })
}

t.test('an edge is ready before core is there, and redirects when core has come', async (t) => {
  await using whole = await wholeEdge()
  t.match(await ops(whole.ports.ops, '/readyz'), { status: 200, text: /"accepting":true/ })
  t.equal(await whole.statusOf('/spring'), 503)
  await whole.serveCore()
  const waitedMs = await eventually(async () => (await whole.statusOf('/spring')) === 302, 5_000)
  t.comment(`first redirect ${Math.round(waitedMs)} ms after core was there`)
  await eventually(whole.isConnected, 5_000)
})

t.test('a change is served from the moment it arrives', async (t) => {
  await using whole = await wholeEdge()
  await whole.serveCore()
  await eventually(whole.isConnected, 5_000)
  t.ok(await whole.leadsTo('https://example.com/1'))
  whole.core.changeLink(whole.linkId, { destination: 'https://example.com/2' })
  const waitedMs = await eventually(() => whole.leadsTo('https://example.com/2'), 1_000)
  t.comment(`served ${Math.round(waitedMs)} ms after the change`)
})

t.test('with core cut off warm links redirect, cold ones wait for no time-out', async (t) => {
  await using whole = await wholeEdge()
  await whole.serveCore()
  await eventually(whole.isConnected, 5_000)
  t.equal(await whole.statusOf('/spring'), 302)
  await whole.stopCore()
  await eventually(async () => !(await whole.isConnected()), 2_000)
  for (let attempt = 0; attempt < 20; attempt += 1) {
    t.equal(await whole.statusOf('/spring'), 302)
    t.equal(await whole.statusOf(`/cold-${attempt}`), 503)
  }
  t.match(await ops(whole.ports.ops, '/readyz'), { status: 200 })

  whole.core.changeLink(whole.linkId, { destination: 'https://example.com/2' })
  await whole.serveCore()
  const waitedMs = await eventually(() => whole.leadsTo('https://example.com/2'), 5_000)
  t.comment(`caught up ${Math.round(waitedMs)} ms after core was back`)
  await eventually(async () => (await whole.statusOf('/cold-1')) === 302, 2_000)
})

t.test(
  'with a silent core warm links redirect at once, and cold ones are refused in time',
  async (t) => {
    await using whole = await wholeEdge({ EDGE_LOOKUP_MS_MAX: '200', EDGE_L1_TTL_MS: '1' })
    await whole.serveCore()
    await eventually(whole.isConnected, 5_000)
    t.equal(await whole.statusOf('/spring'), 302)
    whole.relay.fallSilent()
    const timed = async (path: string, status: number): Promise<number> => {
      const startedMs = performance.now()
      t.equal(await whole.statusOf(path), status)
      return performance.now() - startedMs
    }
    const colds = await Promise.all(
      Array.from({ length: 10 }, (_, cold) => timed(`/cold-${cold}`, 503)),
    )
    t.ok(Math.max(...colds) < 1_000, `cold links refused within ${Math.max(...colds)} ms`)
    for (let attempt = 0; attempt < 10; attempt += 1) {
      t.ok((await timed('/spring', 302)) < 200, 'the stale answer waits for nothing')
    }
    whole.relay.speak()
    await eventually(async () => (await whole.statusOf('/cold-1')) === 302, 5_000)
  },
)

t.test('a wrong secret is reported, and nothing is served', async (t) => {
  await using whole = await wholeEdge()
  await whole.serveCore('another-secret-for-tests')
  for (let attempt = 0; attempt < 6; attempt += 1) t.equal(await whole.statusOf('/spring'), 503)
  const refusals = (): string[] =>
    whole.lines.filter((line) => /"error_code":"token_invalid".*"change stream not/.test(line))
  await eventually(async () => refusals().length > 0, 5_000)
  t.match(refusals()[0], '"level":"warn"')
  t.notMatch(whole.lines.join(''), 'a-secret-for-tests-only')
})
