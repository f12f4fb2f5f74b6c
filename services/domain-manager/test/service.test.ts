import { randomUUID } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { listen } from '@fingerpost/chassis/listen'
import { FakeCore } from '@fingerpost/contract/core-fake'
import { serveCore, type CoreServer } from '@fingerpost/contract/core-server'
import { budgetPath } from '../src/ask/budget-file.ts'
import { SnapshotFile } from '../src/ask/snapshot-file.ts'
import { startDnsServer } from './dns-server.ts'
import { emptyList } from './hostname-list.ts'
import { send } from './http-get.ts'
import { startService, type ServiceProcess } from './service-process.ts'

const SECRET = 'a-secret-of-the-installation'
const WITHIN_MS = 15_000

/** Asks again until the answer is as wanted. Why a pause: asking without one would starve it. */
async function eventually<Value>(read: () => Promise<Value>, isWanted: (value: Value) => boolean) {
  const until = Date.now() + WITHIN_MS
  for (;;) {
    const value = await read()
    if (isWanted(value)) return value
    if (Date.now() > until) throw new Error(`still ${JSON.stringify(value)}`)
    await sleep(20)
  }
}

const askOf = async ({ ports }: ServiceProcess, domain: string): Promise<number> =>
  (await send({ port: ports.http, path: `/ask?domain=${domain}` })).status

const opsOf = ({ ports }: ServiceProcess, path: string) => send({ port: ports.ops, path })

function serve(core: FakeCore): Promise<CoreServer> {
  const log = { error: () => {} }
  return serveCore({ core, address: '127.0.0.1:0', secret: SECRET, log })
}

const settingsFor = (dataDir: string, corePort: number, dnsPort = 9) => ({
  FINGERPOST_DATA_DIR: dataDir,
  FINGERPOST_GRPC_TOKEN: SECRET,
  FINGERPOST_PUBLIC_TARGET: 'edge.example.net',
  CORE_GRPC_ADDR: `127.0.0.1:${corePort}`,
  DOMAINS_DNS_SERVERS: `127.0.0.1:${dnsPort}`,
  DOMAINS_HEALTH_INTERVAL_MS: '200',
  DOMAINS_CONFIRM_MS: '0',
  DOMAINS_GRACE_MS: '600',
})

t.test('a domain lives its whole life through real DNS and gRPC', async (t) => {
  await using dns = await startDnsServer()
  const core = new FakeCore({ now: Date.now })
  await using server = await serve(core)
  await using service = await startService(
    settingsFor(t.testdir({}), server.port, dns.address.port),
  )
  const hostname = 'links.acme.com'
  const target = 'k3.edge.example.net'
  const txtName = `_fingerpost-verify.${hostname}`
  core.givenDomain({ hostname, cnameTarget: target, verificationToken: 'fp-secret' })
  const answers = (wanted: number) =>
    eventually(
      () => askOf(service, hostname),
      (status) => status === wanted,
    )
  const moves = () => core.checks.flatMap(({ transition }) => transition?.to ?? [])
  const movedTo = (status: string) =>
    eventually(
      async () => moves(),
      (all) => all.at(-1) === status,
    )

  t.equal(await answers(403), 403)
  dns.script(`TXT ${txtName}`, {
    rcode: 'NOERROR',
    answers: [{ type: 'TXT', name: txtName, data: 'fp-secret' }],
  })
  const cname = { type: 'CNAME', name: hostname, data: target } as const
  dns.script(`A ${target}`, {
    rcode: 'NOERROR',
    answers: [{ type: 'A', name: target, data: '192.0.2.80' }],
  })
  dns.script(`CNAME ${hostname}`, { rcode: 'NOERROR', answers: [cname] })
  t.equal(await answers(200), 200)
  await movedTo('active')

  dns.scriptAll({ rcode: 'SERVFAIL' })
  const checks = core.checks.length
  await eventually(
    async () => core.checks.length,
    (count) => count > checks + 5,
  )
  t.same(moves(), ['verified', 'active'], 'failing DNS changes nothing')
  dns.scriptAll(undefined)

  dns.script(`CNAME ${hostname}`, { rcode: 'NXDOMAIN' })
  await movedTo('degraded')
  t.equal(await answers(403), 403)
  dns.script(`CNAME ${hostname}`, { rcode: 'NOERROR', answers: [cname] })
  t.equal(await answers(200), 200)
  t.same(moves(), ['verified', 'active', 'degraded', 'suspended', 'active'])

  const { body } = await opsOf(service, '/metrics')
  t.match(body, /fingerpost_domains_by_status\{status="active"\} 1\n/)
  t.match(body, /fingerpost_core_stream_connected 1\n/)
  t.match(body, /fingerpost_ask_duration_seconds_count\{decision="allowed"\} [1-9]/)
  t.match(body, /fingerpost_dns_lookups_total\{server="127\.0\.0\.1:\d+",outcome="servfail"\} \d/)
  t.match(body, /fingerpost_health_check_lag_seconds_count [1-9]/)
  t.match(body, /fingerpost_ask_snapshot_age_seconds [0-9.]+\n/)
  t.notMatch(body, /acme\.com/, 'no label carries a hostname')
  t.equal(await service.end('SIGTERM'), 0)
})

t.test('after kill -9 and without core, asks are answered from the snapshot', async (t) => {
  const dataDir = t.testdir({})
  const core = new FakeCore({ now: Date.now })
  core.givenDomain({ hostname: 'a.example.com', status: 'active', dueAt: Date.now() + 1e9 })
  core.givenDomain({ hostname: 'd.example.com', status: 'degraded', dueAt: Date.now() + 1e9 })
  core.givenDomain({ hostname: 's.example.com', status: 'suspended', dueAt: Date.now() + 1e9 })
  const server = await serve(core)
  const first = await startService(settingsFor(dataDir, server.port))
  await eventually(
    () => new SnapshotFile(dataDir).load(emptyList),
    ({ list }) => list?.hostnames.size === 3,
  )
  t.equal(await first.end('SIGKILL'), 'SIGKILL')
  await server[Symbol.asyncDispose]()

  await using second = await startService(settingsFor(dataDir, server.port))
  const asked = await Promise.all(
    ['a', 'd', 's', 'x'].map((label) => askOf(second, `${label}.example.com`)),
  )
  t.same(asked, [200, 200, 403, 404], 'at the first ask')
  t.equal((await opsOf(second, '/readyz')).status, 200)
  t.match((await opsOf(second, '/metrics')).body, /fingerpost_core_stream_connected 0\n/)
  t.equal(await second.end('SIGTERM'), 0)
})

t.test('a broken snapshot is reported, and the previous one is answered from', async (t) => {
  const dataDir = t.testdir({})
  const core = new FakeCore({ now: Date.now })
  core.givenDomain({ hostname: 'a.example.com', status: 'active', dueAt: Date.now() + 1e9 })
  const server = await serve(core)
  const first = await startService(settingsFor(dataDir, server.port))
  const written = (names: number) =>
    eventually(
      () => new SnapshotFile(dataDir).load(emptyList),
      ({ list }) => list?.hostnames.size === names,
    )
  await written(1)
  core.givenDomain({ hostname: 'b.example.com', status: 'active', dueAt: Date.now() + 1e9 })
  await written(2)
  await first.end('SIGKILL')
  await server[Symbol.asyncDispose]()
  const { path } = new SnapshotFile(dataDir)
  await writeFile(path, (await readFile(path)).subarray(0, -3))
  const unfinished = `${path}.${randomUUID()}.tmp`
  await writeFile(unfinished, 'half a snapsh')

  await using second = await startService(settingsFor(dataDir, server.port))
  t.equal(await askOf(second, 'a.example.com'), 200)
  t.equal(await askOf(second, 'b.example.com'), 404)
  t.ok(second.lines.some(({ message }) => message === 'ask snapshot is broken'))
  await t.rejects(readFile(unfinished), { code: 'ENOENT' }, 'what the killed one left is gone')
})

t.test('without a snapshot and with a core that says nothing, the listener is up', async (t) => {
  const silent = createServer(() => {})
  const port = await listen(silent, { host: '127.0.0.1', port: 0 }, 'the test')
  await using service = await startService(settingsFor(t.testdir({}), port))
  t.equal(await askOf(service, 'a.example.com'), 503)
  t.equal((await opsOf(service, '/readyz')).status, 503)
  t.equal((await opsOf(service, '/livez')).status, 200)
  t.equal(await service.end('SIGTERM'), 0)
  silent.close()
})

t.test('core may come later, and go and come again', async (t) => {
  const core = new FakeCore({ now: Date.now })
  core.givenDomain({ hostname: 'a.example.com', status: 'active', dueAt: Date.now() + 1e9 })
  const early = await serve(core)
  await early[Symbol.asyncDispose]()
  await using service = await startService(settingsFor(t.testdir({}), early.port))
  t.equal(await askOf(service, 'a.example.com'), 503)

  const address = `127.0.0.1:${early.port}`
  const log = { error: () => {} }
  const late = await serveCore({ core, address, secret: SECRET, log })
  await eventually(
    () => askOf(service, 'a.example.com'),
    (status) => status === 200,
  )
  await late[Symbol.asyncDispose]()
  core.givenDomain({ hostname: 'b.example.com', status: 'active', dueAt: Date.now() + 1e9 })
  t.equal(await askOf(service, 'a.example.com'), 200)
  await using _again = await serveCore({ core, address, secret: SECRET, log })
  await eventually(
    () => askOf(service, 'b.example.com'),
    (status) => status === 200,
  )
  t.equal(await askOf(service, 'a.example.com'), 200)
})

t.test('with ask elsewhere, killing or pausing the rest leaves ask alone', async (t) => {
  const dataDir = t.testdir({})
  const core = new FakeCore({ now: Date.now })
  core.givenDomain({ hostname: 'a.example.com', status: 'active', dueAt: Date.now() + 1e9 })
  const server = await serve(core)
  const settings = { ...settingsFor(dataDir, server.port), DOMAINS_ASK: 'elsewhere' }
  await using ask = await startService(settings, 'ask-main.ts')
  await using rest = await startService(settings)
  t.same([rest.ports.http, rest.ports.plain, rest.ports.caddyLog], [0, 0, 0])
  t.equal((await opsOf(rest, '/readyz')).status, 200)
  await eventually(
    () => askOf(ask, 'a.example.com'),
    (status) => status === 200,
  )
  process.kill(rest.pid, 'SIGSTOP')
  t.equal(await askOf(ask, 'a.example.com'), 200)
  await rest.end('SIGKILL')
  t.equal(await askOf(ask, 'a.example.com'), 200)
  await eventually(
    () => new SnapshotFile(dataDir).load(emptyList),
    ({ list }) => list?.hostnames.size === 1,
  )

  await server[Symbol.asyncDispose]()
  await ask.end('SIGKILL')
  await using again = await startService(settings, 'ask-main.ts')
  t.equal(await askOf(again, 'a.example.com'), 200, 'from the snapshot, with core away')
  const { port, host } = { port: again.ports.plain, host: 'a.example.com' }
  const plain = await send({ port, path: '/x', headers: { host } })
  t.same([plain.status, plain.headers.location], [308, 'https://a.example.com/x'])
  t.equal(await again.end('SIGTERM'), 0)
})

t.test("a failed order in caddy's log is told to core, and holds the hostname back", async (t) => {
  const dataDir = t.testdir({})
  const core = new FakeCore({ now: Date.now })
  await using server = await serve(core)
  const settings = { ...settingsFor(dataDir, server.port), DOMAINS_ASK: 'elsewhere' }
  const first = await startService(settings, 'ask-main.ts')
  await eventually(
    () => opsOf(first, '/readyz'),
    ({ status }) => status === 200,
  )
  core.givenDomain({ hostname: 'a.example.com', status: 'active', dueAt: Date.now() + 1e9 })
  await eventually(
    () => askOf(first, 'a.example.com'),
    (status) => status === 200,
  )
  const orderFails = (service: ServiceProcess): Socket => {
    const socket = connect(service.ports.caddyLog, '127.0.0.1')
    const at = { level: 'info', ts: Date.now() / 1_000 }
    const identifier = 'a.example.com'
    const lines = [
      { ...at, logger: 'tls.obtain', msg: 'obtaining certificate', identifier },
      {
        ...at,
        logger: 'http.acme_client',
        msg: 'challenge failed',
        identifier,
        problem: { type: 'urn:ietf:params:acme:error:dns', detail: 'NXDOMAIN looking up A' },
      },
    ]
    socket.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    return socket
  }
  const untilFailures = (count: number): Promise<unknown> =>
    eventually(
      async () => (await readFile(budgetPath(dataDir), 'utf8')).includes(`"failures":${count}`),
      (isKept) => isKept,
    )
  const socket = orderFails(first)
  await eventually(
    () => askOf(first, 'a.example.com'),
    (status) => status === 403,
  )
  const page = { port: first.ports.plain, path: '/', headers: { host: 'a.example.com' } }
  await eventually(
    () => send(page),
    ({ status }) => status === 503,
  )
  await untilFailures(1)
  await eventually(
    () => new SnapshotFile(dataDir).load(emptyList),
    ({ list }) => list?.hostnames.size === 1,
  )
  socket.destroy()
  await first.end('SIGKILL')
  await using second = await startService(settings, 'ask-main.ts')
  // Why yes: Caddy may have tried again by itself meanwhile, and got a certificate.
  t.equal(await askOf(second, 'a.example.com'), 200)
  const again = orderFails(second)
  await eventually(
    () => askOf(second, 'a.example.com'),
    (status) => status === 403,
  )
  // A restart does not forget the failure before.
  await untilFailures(2)
  again.destroy()
})
