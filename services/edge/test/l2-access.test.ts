import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '../../../test/support/free-port.ts'
import { missingPrograms } from '../../../test/support/program.ts'
import { request } from './support/raw-client.ts'
import { NO_REDIS, startRedis } from './support/redis.ts'
import { eventually, startWholeEdge } from './support/running-edge.ts'

t.setTimeout(120_000)

const USER = 'edge on >a-password ~fingerpost:* resetchannels +getrange +set +info +hello +ping'

/** Looks a link up once, then waits until it is in L2. */
async function looksUp(settings: Readonly<Record<string, string>>, keys: () => Promise<number>) {
  await using edge = await startWholeEdge({ EDGE_L2_MS_MAX: '200', ...settings })
  const hostname = 'links.example.com'
  edge.core.givenDomain({ hostname, status: 'active' })
  edge.core.givenLink({ hostname, slug: 'a', destination: 'https://example.com/' })
  await edge.serveCore()
  await eventually(async () => edge.lines.some((line) => line.includes('redis connected')), 10_000)
  const { status } = await request(edge.ports.http, hostname, '/a')
  await eventually(async () => (await keys()) === 1, 10_000)
  return { status, log: edge.lines.join('\n') }
}

t.test('a user with few rights is enough', { skip: NO_REDIS }, async (t) => {
  await using redis = await startRedis()
  await redis.ask('acl', 'setuser', ...USER.split(' '))
  const keys = async (): Promise<number> => Number(await redis.ask('dbsize'))
  const url = `redis://edge:a-password@127.0.0.1:${redis.port}`
  const { status, log } = await looksUp({ REDIS_URL: url }, keys)
  t.equal(status, 302)
  t.notMatch(log, /a-password/)
})

t.test(
  'a password that is wrong is told, and not written to the log',
  { skip: NO_REDIS },
  async (t) => {
    await using redis = await startRedis()
    await redis.ask('acl', 'setuser', ...USER.split(' '))
    for (const settings of [
      { REDIS_URL: `redis://edge:not-the-secret@127.0.0.1:${redis.port}` },
      {
        EDGE_REDIS_CLUSTER: `127.0.0.1:${redis.port}`,
        EDGE_REDIS_USERNAME: 'edge',
        EDGE_REDIS_PASSWORD: 'not-the-secret',
      },
    ]) {
      await using edge = await startWholeEdge(settings)
      const isTold = async () => edge.lines.some((line) => line.includes('redis not connected'))
      await eventually(isTold, 10_000)
      t.match(edge.lines.join('\n'), /WRONGPASS/)
      t.notMatch(edge.lines.join('\n'), /not-the-secret/)
    }
  },
)

const skip = NO_REDIS || missingPrograms(['openssl'])
t.test('the connection can be encrypted', { skip }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'fingerpost-tls-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const name = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(
    'openssl',
    ['req', '-x509', '-nodes', ...curve, ...name, '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  )
  const port = await freePort()
  await using redis = await startRedis({
    args: `--tls-port ${port} --tls-cert-file ${cert} --tls-key-file ${key}`
      .concat(` --tls-ca-cert-file ${cert} --tls-auth-clients no`)
      .split(' '),
  })
  const keys = async (): Promise<number> => Number(await redis.ask('dbsize'))
  const settings = { REDIS_URL: `rediss://127.0.0.1:${port}`, EDGE_REDIS_CA_FILE: cert }
  t.equal((await looksUp(settings, keys)).status, 302)
})

t.test('a cluster is found by one of its nodes', { skip: NO_REDIS }, async (t) => {
  const args = ['--cluster-enabled', 'yes']
  const nodes = await Promise.all([startRedis({ args }), startRedis({ args })])
  await using _stack = nodes.reduce((stack, node) => {
    stack.use(node)
    return stack
  }, new AsyncDisposableStack())
  const [first, second] = nodes
  await first.ask('cluster', 'addslotsrange', 0, 8_191)
  await second.ask('cluster', 'addslotsrange', 8_192, 16_383)
  await first.ask('cluster', 'meet', '127.0.0.1', second.port)
  const isUp = async (): Promise<boolean> => {
    const states = await Promise.all(nodes.map(async (node) => node.ask('cluster', 'info')))
    return states.every((state) => /cluster_state:ok[^]*known_nodes:2/.test(String(state)))
  }
  await eventually(isUp, 30_000)
  const keys = async (): Promise<number> => {
    const sizes = await Promise.all(nodes.map(async (node) => Number(await node.ask('dbsize'))))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
  const settings = { EDGE_REDIS_CLUSTER: `127.0.0.1:${first.port}` }
  t.equal((await looksUp(settings, keys)).status, 302)
})
