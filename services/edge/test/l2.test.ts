import t from 'tap'
import { request } from './support/raw-client.ts'
import { freePort } from '../../../test/support/free-port.ts'
import { NO_REDIS, startRedis } from './support/redis.ts'
import { eventually, ops, startWholeEdge } from './support/running-edge.ts'

const HOSTNAME = 'links.example.com'
const LINKS = 30

// Why: a dozen programs are started and stopped, and some of it is waiting.
t.setTimeout(120_000)

/** A whole edge with core and some links; in L1 there is room for one of them. */
async function edgeOn(url: string, settings: Readonly<Record<string, string>> = {}) {
  const edge = await startWholeEdge({
    REDIS_URL: url,
    EDGE_L1_ENTRIES_MAX: '1',
    EDGE_L2_MS_MAX: '100',
    ...settings,
  })
  edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  for (let link = 0; link < LINKS; link += 1) {
    const destination = `https://example.com/${link}`
    edge.core.givenLink({ hostname: HOSTNAME, slug: `l${link}`, destination })
  }
  await edge.serveCore()
  const sample = async (name: string): Promise<number> => {
    const { text } = await ops(edge.ports.ops, '/metrics')
    const line = text.split('\n').find((one) => one.startsWith(`fingerpost_${name} `))
    return Number(line?.split(' ').at(-1) ?? 0)
  }
  await eventually(async () => (await sample('edge_change_stream_connected')) === 1, 5_000)
  /** Gives how many of all links were not redirected to where they lead. */
  const wrongAnswers = async (): Promise<number> => {
    let wrong = 0
    for (let link = 0; link < LINKS; link += 1) {
      const { status, headers } = await request(edge.ports.http, HOSTNAME, `/l${link}`)
      if (status !== 302 || headers['location'] !== `https://example.com/${link}`) wrong += 1
    }
    return wrong
  }
  const l2 = (outcome: string) => sample(`edge_l2_lookups_total{outcome="${outcome}"}`)
  return Object.assign(edge, { sample, wrongAnswers, l2 })
}

const keysOf = async (redis: Awaited<ReturnType<typeof startRedis>>): Promise<number> =>
  Number(await redis.ask('dbsize'))

t.test(
  'a link is found in L2 by one command, also by a new edge',
  { skip: NO_REDIS },
  async (t) => {
    await using redis = await startRedis()
    await using edge = await edgeOn(redis.url)
    await eventually(async () => edge.lines.some((line) => line.includes('redis connected')), 5_000)
    t.equal(await edge.wrongAnswers(), 0)
    await eventually(async () => (await keysOf(redis)) === LINKS, 5_000)
    const [asked, read] = [edge.core.calls.lookupLink, await redis.callsOf('getrange')]
    t.equal(await edge.wrongAnswers(), 0)
    t.equal(edge.core.calls.lookupLink, asked, 'core was not asked')
    t.equal(await redis.callsOf('getrange'), read + LINKS)

    await using other = await startWholeEdge({ REDIS_URL: redis.url, EDGE_L2_MS_MAX: '100' })
    await eventually(
      async () => other.lines.some((line) => line.includes('redis connected')),
      5_000,
    )
    const found = await request(other.ports.http, HOSTNAME, '/l3')
    t.match(found, { status: 302, headers: { location: 'https://example.com/3' } })
  },
)

t.test('garbage in L2 redirects nobody', { skip: NO_REDIS }, async (t) => {
  await using redis = await startRedis()
  await using edge = await edgeOn(redis.url)
  await eventually(async () => edge.lines.some((line) => line.includes('redis connected')), 5_000)
  t.equal(await edge.wrongAnswers(), 0)
  await eventually(async () => (await keysOf(redis)) === LINKS, 5_000)
  const keyOf = (link: number) => `fingerpost:2:${HOSTNAME}\0l${link}`
  const good = String(await redis.ask('get', keyOf(0)))
  const garbage = [
    good,
    good.replaceAll('example.com', 'evil.example'),
    `1${'A'.repeat(22)}${good.slice(23)}`,
    'javascript:alert(1)',
    'x'.repeat(1_000_000),
    '\xff\x00',
  ]
  for (let link = 1; link < LINKS; link += 1) {
    await redis.ask('set', keyOf(link), garbage[link % garbage.length] ?? '')
  }
  await redis.ask('del', keyOf(7))
  await redis.ask('lpush', keyOf(7), 'a list')
  t.equal(await edge.wrongAnswers(), 0)
  t.ok((await edge.l2('unusable')) >= LINKS - 2)
  t.equal(await edge.l2('failed'), 1)
})

t.test(
  'Redis that is killed and comes back empty costs no answer',
  { skip: NO_REDIS },
  async (t) => {
    const port = await freePort()
    await using first = await startRedis({ port })
    await using edge = await edgeOn(first.url)
    await eventually(async () => edge.lines.some((line) => line.includes('redis connected')), 5_000)
    t.equal(await edge.wrongAnswers(), 0)
    first.program.kill('SIGKILL')
    await first.program.exited
    for (let round = 0; round < 3; round += 1) t.equal(await edge.wrongAnswers(), 0)
    t.ok((await edge.l2('not_asked')) > LINKS, 'it was left alone')
    await using second = await startRedis({ port })
    await eventually(async () => {
      t.equal(await edge.wrongAnswers(), 0)
      return (await keysOf(second)) > 0
    }, 10_000)
  },
)

t.test('Redis that hangs costs a few waits, and gets no burst', { skip: NO_REDIS }, async (t) => {
  await using redis = await startRedis()
  await using edge = await edgeOn(redis.url)
  await eventually(async () => edge.lines.some((line) => line.includes('redis connected')), 5_000)
  t.equal(await edge.wrongAnswers(), 0)
  const before = await redis.callsOf('getrange')
  redis.program.kill('SIGSTOP')
  const startedMs = performance.now()
  let asked = 0
  while (performance.now() - startedMs < 2_500) {
    t.equal(await edge.wrongAnswers(), 0)
    asked += LINKS
  }
  const overdue = await edge.l2('overdue')
  t.ok(overdue >= 5 && overdue <= 12, `${overdue} of ${asked} waited`)
  redis.program.kill('SIGCONT')
  let askedLater = 0
  await eventually(async () => {
    t.equal(await edge.wrongAnswers(), 0)
    askedLater += LINKS
    return edge.lines.some((line) => line.includes('redis answers lookups again'))
  }, 15_000)
  const reads = (await redis.callsOf('getrange')) - before
  t.ok(reads <= overdue + askedLater, `${reads} reads arrived`)
})

const REFUSING = [
  ['takes reads only', ['replicaof', '127.0.0.1', 1]],
  ['is full', ['config', 'set', 'maxmemory', '1']],
] as const
for (const [name, [command, ...args]] of REFUSING) {
  t.test(`Redis that ${name} costs no answer`, { skip: NO_REDIS }, async (t) => {
    await using redis = await startRedis()
    await using edge = await edgeOn(redis.url)
    await eventually(async () => edge.lines.some((line) => line.includes('redis connected')), 5_000)
    await redis.ask(command, ...args)
    t.equal(await edge.wrongAnswers(), 0)
    await eventually(
      async () => (await edge.sample('edge_l2_writes_total{outcome="failed"}')) > 0,
      5_000,
    )
    t.equal(await edge.wrongAnswers(), 0)
  })
}
