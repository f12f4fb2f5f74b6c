import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readPorts } from '@fingerpost/chassis/run-files'
import { findCaddies } from '../../../test/support/caddies.ts'
import { eventually } from '../../../test/support/eventually.ts'
import { missingPrograms } from '../../../test/support/program.ts'
import { httpGet, httpsGet } from '../../../test/support/tls-client.ts'
import { launch, newDataDir, pidOf, pidsOf, running, SERVICES, untilGone } from './launch.ts'

// Why more than the two minutes of other files: dozens of processes start here, one after another.
t.setTimeout(300_000)

const MAIN = new URL('../src/main.ts', import.meta.url)
const ALL = [...SERVICES, 'caddy'] as const
const HOST = 'go.localhost'
const STOP_MS_MAX = 5_000

type Visitor = {
  readonly http: () => Promise<number>
  readonly https: () => Promise<number>
  readonly api: () => Promise<number>
}

/** Asks for the first link in both ways, and for the API; a status of 0 is no answer. */
async function visitorOf(dataDir: string): Promise<Visitor> {
  const ports = await readPorts(dataDir)
  const request = { host: HOST, path: '/hello', timeoutMs: 5_000 }
  const plain = async (port: number | undefined, path: string): Promise<number> => {
    const answer = await httpGet({ ...request, path, port: port ?? 0 })
    return answer.kind === 'answered' ? answer.status : 0
  }
  return {
    http: () => plain(ports['edge']?.['http'], '/hello'),
    api: () => plain(ports['api-core']?.['http'], '/openapi.json'),
    async https() {
      const root = join(dataDir, 'caddy/pki/authorities/local/root.crt')
      const caPem = readFileSync(root, 'utf8')
      const answer = await httpsGet({ ...request, port: ports['caddy']?.['https'] ?? 0, caPem })
      return answer.kind === 'answered' ? answer.status : 0
    },
  }
}

const comesBack = (what: string, ask: () => Promise<number>, status: number): Promise<true> =>
  eventually(what, async () => ((await ask()) === status ? true : undefined), {
    withinMs: 20_000,
  })

async function killAndSee(t: Test, dataDir: string, name: (typeof ALL)[number]): Promise<void> {
  const visitor = await visitorOf(dataDir)
  const before = Object.fromEntries(ALL.map((each) => [each, pidOf(dataDir, each)]))
  process.kill(before[name] ?? 0, 'SIGKILL')
  if (name !== 'edge') t.equal(await visitor.http(), 302, 'HTTP goes on')
  if (name === 'api-core' || name === 'domain-manager' || name === 'ask') {
    t.equal(await visitor.https(), 302, 'HTTPS goes on')
  }
  if (name !== 'api-core') t.equal(await visitor.api(), 200, 'the API goes on')

  await eventually(
    `${name} is started again`,
    () => {
      const pid = pidOf(dataDir, name)
      return pid !== undefined && pid !== before[name]
    },
    { withinMs: 10_000 },
  )
  await comesBack('HTTP', visitor.http, 302)
  await comesBack('HTTPS', visitor.https, 302)
  await comesBack('the API', visitor.api, 200)
  for (const other of ALL) if (other !== name) t.equal(pidOf(dataDir, other), before[other])
}

for (const caddy of await findCaddies()) {
  const skip = caddy.kind === 'missing' ? caddy.reason : false
  t.test(`with ${caddy.name}`, { skip }, async (t) => {
    if (caddy.kind === 'missing') return
    const dataDir = newDataDir(t)
    const env = { FINGERPOST_CADDY: caddy.path }
    const launcher = await launch(t, MAIN, dataDir, env)
    const summary: unknown = JSON.parse(await running(launcher))

    await t.test('the first link answers by HTTP and by HTTPS', async (t) => {
      t.match(summary, { urls: { https: /^https:\/\/go\.localhost:\d+\/hello$/ } })
      const isTold = JSON.stringify(summary).includes('for trying out only')
      t.equal(isTold, caddy.version.startsWith('2.6.'))
      const visitor = await visitorOf(dataDir)
      t.equal(await visitor.http(), 302)
      t.equal(await visitor.https(), 302)
    })
    for (const name of ALL) {
      await t.test(`kill -9 of ${name}: the others serve, and it comes back`, (t) =>
        killAndSee(t, dataDir, name),
      )
    }
    await t.test('every line is JSON, and none holds the token', async (t) => {
      const token = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim()
      for (const line of launcher.lines) t.match(JSON.parse(line), { service: String })
      t.notMatch(launcher.lines.join('\n'), token)
    })
    await t.test('SIGTERM ends everything', async (t) => {
      const pids = pidsOf(dataDir, ALL)
      const startedAt = performance.now()
      t.same(await launcher.stop(), { code: 0, signal: null })
      t.ok(performance.now() - startedAt < STOP_MS_MAX)
      await untilGone(pids)
    })
    await t.test(
      'kill -9 of the launcher leaves nothing behind, and the next start works',
      { skip: missingPrograms(['setpriv']) },
      async (t) => {
        const second = await launch(t, MAIN, dataDir, env)
        await running(second)
        const pids = pidsOf(dataDir, ALL)
        second.kill('SIGKILL')
        await untilGone(pids)
        const third = await launch(t, MAIN, dataDir, env)
        await running(third)
        t.equal(await (await visitorOf(dataDir)).https(), 302)
      },
    )
  })
}

t.test('without Caddy redirects are served by HTTP', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await launch(t, MAIN, dataDir, { FINGERPOST_CADDY: 'off' })
  t.match(JSON.parse(await running(launcher)), { caddy: 'off' })
  t.equal(await (await visitorOf(dataDir)).http(), 302)
  t.equal(pidOf(dataDir, 'caddy'), undefined)
})

t.test('a Caddy that is not there is said so, and redirects are served by HTTP', async (t) => {
  const dataDir = newDataDir(t)
  const launcher = await launch(t, MAIN, dataDir, { FINGERPOST_CADDY: '/absent/caddy' })
  t.match(JSON.parse(await running(launcher)), {
    caddy: 'missing',
    notices: [/no Caddy was found/, String],
  })
  t.equal(await (await visitorOf(dataDir)).http(), 302)
})

for (const setting of ['EDGE_ADDR', 'CORE_GRPC_ADDR', 'DOMAINS_OPS_ADDR']) {
  t.test(`when the address of ${setting} is taken, one sentence says so`, async (t) => {
    await using taken = await takePort()
    const address = `127.0.0.1:${taken.port}`
    const env = { FINGERPOST_CADDY: 'off', [setting]: address }
    const launcher = await launch(t, MAIN, newDataDir(t), env)
    t.same(await launcher.exited, { code: 1, signal: null })
    const words = launcher.lines.filter((line) => !line.startsWith('{'))
    t.same(words, [
      `The address ${address} is taken by another program. Stop it, or set ${setting} to another one.`,
    ])
  })
}

const caddies = await findCaddies()
const anyCaddy = caddies.find((caddy) => caddy.kind === 'found')
for (const setting of ['FINGERPOST_HTTP_PORT', 'FINGERPOST_HTTPS_PORT']) {
  t.test(
    `when the port of ${setting} is taken, one sentence says so`,
    { skip: anyCaddy === undefined ? 'no Caddy' : false },
    async (t) => {
      await using taken = await takePort()
      const env = { FINGERPOST_CADDY: anyCaddy?.path ?? '', [setting]: String(taken.port) }
      const launcher = await launch(t, MAIN, newDataDir(t), env)
      t.same(await launcher.exited, { code: 1, signal: null })
      t.same(launcher.lines, [
        `The address 127.0.0.1:${taken.port} is taken by another program. ` +
          `Stop it, or set ${setting} to another one.`,
      ])
    },
  )
}

t.test(
  'a Caddy that listens on an address of its own is seen to be up',
  { skip: anyCaddy === undefined ? 'no Caddy' : process.platform !== 'linux' && 'no 127.0.0.2' },
  async (t) => {
    const env = { FINGERPOST_CADDY: anyCaddy?.path ?? '', FINGERPOST_CADDY_BIND: '127.0.0.2' }
    const launcher = await launch(t, MAIN, newDataDir(t), env)
    const summary = await running(launcher)
    t.match(JSON.parse(summary), { caddy: String })
    t.notMatch(summary, /has not started/)
  },
)

async function takePort(): Promise<AsyncDisposable & { readonly port: number }> {
  // Why destroyed: the other services call this port in vain, and must not keep it from closing.
  const server = createServer((socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
