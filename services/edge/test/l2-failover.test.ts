import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../../../test/support/free-port.ts'
import { request } from './support/raw-client.ts'
import { askRedis, NO_REDIS, startRedis } from './support/redis.ts'
import { eventually, startWholeEdge } from './support/running-edge.ts'

t.setTimeout(120_000)

const HOSTNAME = 'links.example.com'

t.test('a failover that sentinels make costs no answer', { skip: NO_REDIS }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'fingerpost-sentinel-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  await using master = await startRedis()
  await using replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${master.port}`] })
  const port = await freePort()
  const file = join(dir, 'sentinel.conf')
  writeFileSync(
    file,
    `port ${port}\nbind 127.0.0.1\ndir ${dir}\nsentinel monitor main 127.0.0.1 ${master.port} 1\n` +
      'sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n',
  )
  await using sentinel = await startRedis({ port, sentinelFile: file })
  await eventually(async () => {
    const found = await askRedis(sentinel.port, 'sentinel', 'replicas', 'main')
    return Array.isArray(found) && found.length === 1
  }, 30_000)

  await using edge = await startWholeEdge({
    EDGE_REDIS_SENTINELS: `127.0.0.1:${sentinel.port}`,
    EDGE_REDIS_SENTINEL_NAME: 'main',
    EDGE_L1_ENTRIES_MAX: '1',
  })
  edge.core.givenDomain({ hostname: HOSTNAME, status: 'active' })
  for (const slug of ['a', 'b']) {
    edge.core.givenLink({ hostname: HOSTNAME, slug, destination: `https://example.com/${slug}` })
  }
  await edge.serveCore()
  const wrong: string[] = []
  const lookUp = async (): Promise<void> => {
    for (const slug of ['a', 'b']) {
      const { status, headers } = await request(edge.ports.http, HOSTNAME, `/${slug}`)
      const location = headers['location'] ?? ''
      if (status !== 302 || location !== `https://example.com/${slug}`) wrong.push(location)
    }
  }
  await eventually(async () => edge.lines.some((line) => line.includes('redis connected')), 10_000)
  await lookUp()
  master.program.kill('SIGSTOP')
  await eventually(async () => {
    await lookUp()
    return String(await replica.ask('role')).startsWith('master')
  }, 30_000)
  await replica.ask('flushall')
  await eventually(async () => {
    await lookUp()
    return Number(await replica.ask('dbsize')) === 2
  }, 30_000)
  t.same(wrong, [])
})
