import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { listen } from '@fingerpost/chassis/listen'
import { startTestEdge } from '../../services/edge/test/support/test-edge.ts'
import { adaptCaddyfile, CADDYFILE, caddyEnvironment, startCaddy } from '../support/caddy.ts'
import type { CaddyProgram } from '../support/caddies.ts'
import { eventually } from '../support/eventually.ts'
import { freePorts } from '../support/free-port.ts'
import { httpGet, httpsGet, type HttpRequestOptions } from '../support/tls-client.ts'
import { testEachCaddy } from '../support/each-caddy.ts'
import { startRecordingUpstream, type RecordedRequest } from './recording-upstream.ts'
import { ALLOW, startScriptedAsk, type ScriptedAsk } from './scripted-ask.ts'

t.jobs = 2

const MINUTE_NS = 60_000_000_000
const HOST = 'links.customer.test'
const OTHER_HOST = 'links.other.test'
const TIMEOUT_MS = 10_000
const RETRY_MS = 3_000
// Why several: an answer that is lost is lost in a race.
const BODIES_SENT = 8

await testEachCaddy('the Caddyfile with nothing set is production', [], async (t, program) => {
  const directory = t.testdir({})
  const environment = { XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory }
  const args = ['validate', '--config', CADDYFILE, '--adapter', 'caddyfile']
  await promisify(execFile)(program.path, args, { env: environment })

  const config: unknown = JSON.parse(await adaptCaddyfile(program.path, environment))
  const limits = {
    read_header_timeout: MINUTE_NS,
    read_timeout: MINUTE_NS,
    write_timeout: MINUTE_NS,
    max_header_bytes: 16_000,
    strict_sni_host: true,
    protocols: ['h1', 'h2', 'h3'],
  }
  t.match(config, {
    admin: { disabled: true },
    apps: {
      http: {
        http_port: 80,
        https_port: 443,
        grace_period: MINUTE_NS / 20,
        servers: {
          srv0: { listen: [':443'], automatic_https: { disable_redirects: true }, ...limits },
          srv1: { listen: [':80'], ...limits },
        },
      },
      pki: { certificate_authorities: { local: { install_trust: false } } },
      tls: { automation: { policies: [{ key_type: 'p256', on_demand: true }] } },
    },
  })
  const [policy] = (config as AdaptedTls).apps.tls.automation.policies
  t.equal(policy?.issuers.length, 1)
  t.match(policy?.issuers[0], {
    module: 'acme',
    ca: 'https://acme-v02.api.letsencrypt.org/directory',
    challenges: { 'tls-alpn': { disabled: true } },
  })
  t.notHas(policy?.issuers[0], { email: String })
  t.notHas(policy?.issuers[0], { trusted_roots_pem_files: Array })
  const text = JSON.stringify(config)
  t.match(text, '"http://127.0.0.1:8082/ask"')
  t.match(text, '"upstreams":[{"dial":"127.0.0.1:8080"}]')
  t.match(text, '"keep_alive":{"idle_timeout":60000000000,"max_idle_conns_per_host":1024}')
  t.match(text, '"compression":false')
  t.match(text, '"Location":["https://{http.request.host}{http.request.uri}"]')
})

await testEachCaddy('every placeholder of the Caddyfile is obeyed', [], async (t, program) => {
  const environment = {
    ...caddyEnvironment({
      path: program.path,
      httpPort: 8000,
      httpsPort: 8443,
      dataDirectory: '/data',
      askAddress: '127.0.0.1:1082',
      edgeAddress: '127.0.0.1:1080',
      moreEdgeAddresses: ['127.0.0.1:1180', '127.0.0.1:1280'],
      issuer: {
        kind: 'acme',
        directoryUrl: 'https://ca.test/dir',
        trustedRootsFile: '/roots.pem',
        email: 'operator@customer.test',
      },
    }),
  }
  const text = await adaptCaddyfile(program.path, environment)
  for (const part of [
    '"http_port":8000',
    '"https_port":8443',
    '"listen":["127.0.0.1:8443"]',
    '"listen":["127.0.0.1:8000"]',
    '"ca":"https://ca.test/dir"',
    '"email":"operator@customer.test"',
    '"trusted_roots_pem_files":["/roots.pem"]',
    '"http://127.0.0.1:1082/ask"',
    '"upstreams":[{"dial":"127.0.0.1:1080"},{"dial":"127.0.0.1:1180"},{"dial":"127.0.0.1:1280"}]',
    '"fail_duration":1000000000',
    '"Location":["https://{http.request.host}:8443{http.request.uri}"]',
  ]) {
    t.match(text, part)
  }
  const internal = { ...environment, FINGERPOST_CADDY_ISSUER: 'internal' }
  t.match(await adaptCaddyfile(program.path, internal), '"issuers":[{"module":"internal"}]')
})

await testEachCaddy('the edge is told the truth about the client', [], async (t, program) => {
  await using front = await startFront(t.testdir({}), program)
  const lies = {
    'X-Forwarded-For': ['192.0.2.1', '192.0.2.2'],
    'X-Forwarded-Host': 'evil.test',
    'X-Forwarded-Proto': 'gopher',
    'X-Forwarded-Port': '1',
    'X-Forwarded-Prefix': '/evil',
    X_Forwarded_For: '192.0.2.3',
    Forwarded: 'for=192.0.2.4',
    'X-Real-IP': '192.0.2.5',
    'CF-Connecting-IP': '192.0.2.6',
    'CF-Connecting-IPv6': '2001:db8::6',
    'True-Client-IP': '192.0.2.7',
    'X-Cluster-Client-IP': '192.0.2.8',
    'X-Original-URL': '/evil',
    'X-Original-Forwarded-For': '192.0.2.9',
    'X-Rewrite-URL': '/evil',
  }
  const headers = { ...lies, 'Accept-Language': 'de', Referer: 'https://blog.test/' }
  const path = '//evil.test/%2f../a%00b?x=%C3%BC&x=2'

  const requests = {
    https: () => front.https({ host: HOST, path, headers }),
    http: () => front.http({ host: HOST, path: `/.well-known${path}`, headers }),
  }
  for (const [scheme, request] of Object.entries(requests)) {
    t.match(await request(), { kind: 'answered', status: 200, body: 'from the upstream' })
    const seen = front.requests.at(-1)
    t.ok(seen?.url.endsWith(path), 'the path as sent')
    // Current Caddy adds `Via: 1.1 Caddy`, 2.6.2 does not.
    const { via: _via, ...reached } = headersOf(seen)
    t.same(reached, {
      host: [HOST],
      'x-forwarded-for': ['127.0.0.1'],
      'x-forwarded-host': [HOST],
      'x-forwarded-proto': [scheme],
      'accept-language': ['de'],
      referer: ['https://blog.test/'],
    })
  }
})

await testEachCaddy('what the front answers by itself', [], async (t, program) => {
  await using front = await startFront(t.testdir({}), program)
  const untouched = (t: Tap, outcome: unknown, expected: object) => {
    t.match(outcome, { kind: 'answered', ...expected })
    t.equal(front.requests.length, 0, 'the edge saw nothing')
  }

  await t.test('SNI of one customer and Host of another: 421', async (t) => {
    const outcome = await front.https({ host: OTHER_HOST, sni: HOST, path: '/' })
    untouched(t, outcome, { status: 421 })
  })
  await t.test('plain HTTP: 308 to HTTPS with path, query and port', async (t) => {
    const to = `https://${HOST}:${front.httpsPort}`
    for (const { path, method, host, location } of [
      { path: '/', method: 'GET', host: HOST, location: '/' },
      { path: '/s?a=1&b=%20c', method: 'GET', host: HOST, location: '/s?a=1&b=%20c' },
      { path: '/s', method: 'POST', host: HOST, location: '/s' },
      { path: '/a//b/%2e%2e/c', method: 'GET', host: `${HOST}:80`, location: '/a//b/%2e%2e/c' },
      // Nothing in a request is taken for one of Caddy's own placeholders.
      { path: '/{env.PATH}', method: 'GET', host: HOST, location: '/%7Benv.PATH%7D' },
      { path: '/s?{env.PATH}', method: 'GET', host: HOST, location: '/s?{env.PATH}' },
    ]) {
      const outcome = await front.http({ host, path, method })
      untouched(t, outcome, { status: 308, headers: { location: `${to}${location}` } })
    }
  })
  await t.test('more header than the edge would take: 431', async (t) => {
    const headers = { 'X-Long': 'x'.repeat(24_000) }
    untouched(t, await front.https({ host: HOST, path: '/', headers }), { status: 431 })
  })
  await t.test('a hostname that ask refuses: a TLS alert', async (t) => {
    const outcome = await front.https({ host: 'unknown.test', path: '/' })
    t.match(outcome, { kind: 'alert', alert: 'internal error' })
  })
})

await testEachCaddy('/.well-known/ on port 80 goes to the edge', [], async (t, program) => {
  await using front = await startFront(t.testdir({}), program)
  for (const path of [
    '/.well-known/fingerpost/x?y=1',
    '/%2ewell-known/fingerpost/x',
    '/.well-known/acme-challenge/no-such-token',
  ]) {
    t.match(await front.http({ host: HOST, path }), { kind: 'answered', status: 200 })
    t.equal(front.requests.at(-1)?.url, path)
  }
})

await testEachCaddy('a body however large costs nobody the answer', [], async (t, program) => {
  await using edge = await startTestEdge()
  edge.core.givenDomain({ hostname: HOST, status: 'active' })
  edge.core.givenLink({ hostname: HOST, slug: 'spring', destination: 'https://example.com/' })
  await edge.caughtUp()
  await using front = await startFront(t.testdir({}), program, edge.port)
  const expected = [
    { method: 'GET', status: 302, headers: { location: 'https://example.com/' } },
    { method: 'POST', status: 405, headers: { allow: 'GET, HEAD' } },
  ]
  for (const { method, ...answer } of expected) {
    for (const octets of [1, 100_000, 3_000_000]) {
      for (let time = 0; time < BODIES_SENT; time += 1) {
        const body = Buffer.alloc(octets, 'x')
        const outcome = await front.https({ host: HOST, path: '/spring', method, body })
        t.match(outcome, { kind: 'answered', ...answer }, `${method} with ${octets} octets`)
      }
    }
  }
  const plain = {
    host: HOST,
    path: '/.well-known/x',
    method: 'POST',
    body: Buffer.alloc(3_000_000),
  }
  t.match(await front.http(plain), { kind: 'answered', status: 405 })
})

await testEachCaddy('a request outlasts a short absence of the edge', [], async (t, program) => {
  const [edgePort = 0] = await freePorts(1)
  await using front = await startFront(t.testdir({}), program, edgePort)
  const gone = await front.https({ host: HOST, path: '/while-it-is-gone' })
  t.match(gone, { kind: 'answered', status: 502 })
  t.ok(gone.durationMs >= RETRY_MS, 'it tried for as long as it is told to')

  const pending = front.https({ host: HOST, path: '/while-it-restarts' })
  const comesBackAt = performance.now() + RETRY_MS / 4
  await eventually('a first try', () => performance.now() > comesBackAt, { withinMs: RETRY_MS })
  await using edge = await startRecordingUpstream(edgePort)
  t.match(await pending, { kind: 'answered', status: 200 })
  t.equal(edge.requests[0]?.url, '/while-it-restarts')
})

await testEachCaddy('of two edges, one may be away', [], async (t, program) => {
  const [firstPort = 0, secondPort = 0] = await freePorts(2)
  await using front = await startFront(t.testdir({}), program, firstPort, [secondPort])
  await using second = await startRecordingUpstream(secondPort)
  for (const method of ['GET', 'HEAD', 'GET', 'HEAD']) {
    const answer = await front.https({ host: HOST, path: '/one-is-away', method })
    t.match(answer, { kind: 'answered', status: 200 }, method)
  }
  {
    await using first = await startRecordingUpstream(firstPort)
    const both = (): boolean => first.requests.length > 0 && second.requests.length > 5
    await eventually(
      'both are asked',
      async () => (await front.https({ host: HOST, path: '/both' })).kind === 'answered' && both(),
      { withinMs: TIMEOUT_MS },
    )
  }
})

await testEachCaddy('a visitor does not see that an edge breaks off', [], async (t, program) => {
  const breaking = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => socket.destroy())
  })
  const breakingPort = await listen(breaking, { host: '127.0.0.1', port: 0 }, 'TEST')
  t.teardown(() => breaking.close())
  const [secondPort = 0] = await freePorts(1)
  await using second = await startRecordingUpstream(secondPort)
  await using front = await startFront(t.testdir({}), program, breakingPort, [secondPort])
  for (const method of ['GET', 'HEAD', 'GET', 'HEAD']) {
    const answer = await front.https({ host: HOST, path: '/breaks-off', method })
    t.match(answer, { kind: 'answered', status: 200 }, method)
  }
  t.equal(second.requests.length, 4)
})

await testEachCaddy('a request outlasts an edge that hangs', [], async (t, program) => {
  const hanging = createServer((socket) => socket.on('error', () => socket.destroy()))
  const hangingPort = await listen(hanging, { host: '127.0.0.1', port: 0 }, 'TEST')
  t.teardown(() => hanging.close())
  const [secondPort = 0] = await freePorts(1)
  await using second = await startRecordingUpstream(secondPort)
  await using front = await startFront(t.testdir({}), program, hangingPort, [secondPort])
  const answers = await Promise.all([
    front.https({ host: HOST, path: '/one' }),
    front.https({ host: HOST, path: '/two' }),
  ])
  for (const answer of answers) t.match(answer, { kind: 'answered', status: 200 })
  t.equal(second.requests.length, 2)
})

type AdaptedTls = {
  readonly apps: {
    readonly tls: {
      readonly automation: { readonly policies: readonly { readonly issuers: readonly object[] }[] }
    }
  }
}

type Tap = Pick<typeof t, 'match' | 'equal'>

type Front = AsyncDisposable & {
  readonly httpPort: number
  readonly httpsPort: number
  readonly ask: ScriptedAsk
  /** What reached the edge. */
  readonly requests: readonly RecordedRequest[]
  http(request: Omit<HttpRequestOptions, 'port' | 'timeoutMs'>): ReturnType<typeof httpGet>
  https(
    request: Omit<HttpRequestOptions, 'port' | 'timeoutMs'> & { readonly sni?: string },
  ): ReturnType<typeof httpsGet>
}

// The internal issuer: none of these tests is about ACME. With `edgePort` there is no edge.
async function startFront(
  dataDirectory: string,
  program: CaddyProgram,
  edgePort?: number,
  moreEdgePorts: readonly number[] = [],
): Promise<Front> {
  const owned = new AsyncDisposableStack()
  const [httpPort = 0, httpsPort = 0] = await freePorts(2)
  const ask = owned.use(await startScriptedAsk())
  ask.script([HOST, OTHER_HOST], ALLOW)
  const upstream = owned.use(await startRecordingUpstream(0))
  const caddy = await startCaddy({
    path: program.path,
    httpPort,
    httpsPort,
    dataDirectory,
    askAddress: ask.address,
    edgeAddress: edgePort === undefined ? upstream.address : `127.0.0.1:${edgePort}`,
    moreEdgeAddresses: moreEdgePorts.map((port) => `127.0.0.1:${port}`),
    issuer: { kind: 'internal' },
  })
  owned.use(caddy)
  const root = join(dataDirectory, 'caddy', 'pki', 'authorities', 'local', 'root.crt')
  const caPem = await readFile(root, 'utf8')
  return {
    httpPort,
    httpsPort,
    ask,
    requests: upstream.requests,
    http: (request) => httpGet({ port: httpPort, timeoutMs: TIMEOUT_MS, ...request }),
    https: (request) => httpsGet({ port: httpsPort, timeoutMs: TIMEOUT_MS, caPem, ...request }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function headersOf(request: RecordedRequest | undefined): Record<string, string[]> {
  const headers: Record<string, string[]> = {}
  const raw = request?.rawHeaders ?? []
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    headers[name] = [...(headers[name] ?? []), raw[index + 1] ?? '']
  }
  return headers
}
