import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  CADDYFILE_SETTINGS,
  caddyHost,
  caddyReachableHost,
  caddySettings,
} from './caddy-settings.ts'

const FACTS = {
  dataDir: '/data',
  publicTarget: undefined,
  httpPort: 8000,
  httpsPort: 8443,
  sendsLog: true,
}

t.test('without a public target it is private: loopback, and its own issuer', async (t) => {
  t.same(caddySettings({ PATH: '/bin', DOMAINS_ADDR: '127.0.0.1:1' }, FACTS), {
    PATH: '/bin',
    DOMAINS_ADDR: '127.0.0.1:1',
    FINGERPOST_CADDY_BIND: '127.0.0.1',
    FINGERPOST_CADDY_ISSUER: 'internal',
    FINGERPOST_CADDY_LOG: 'net',
    FINGERPOST_HTTP_PORT: '8000',
    FINGERPOST_HTTPS_PORT: '8443',
    FINGERPOST_HTTPS_PORT_SUFFIX: ':8443',
    XDG_DATA_HOME: '/data',
    XDG_CONFIG_HOME: '/data',
  })
})

t.test('secrets of the services are not handed on, what Caddy may need is', async (t) => {
  const secrets = [
    'REDIS_URL',
    'DATABASE_URL',
    'CORE_ADMIN_TOKEN',
    'FINGERPOST_GRPC_TOKEN',
    'EDGE_REDIS_PASSWORD',
    'EDGE_REDIS_SENTINEL_PASSWORD',
  ]
  const needed = ['PATH', 'HOME', 'TMPDIR', 'SSL_CERT_FILE', 'HTTPS_PROXY', 'no_proxy', 'GODEBUG']
  const names = [...secrets, ...needed, ...CADDYFILE_SETTINGS]
  const given = Object.fromEntries(names.map((name) => [name, 'x']))
  const settings = caddySettings(given, FACTS)
  t.same(
    Object.keys(settings).filter((name) => secrets.includes(name)),
    [],
  )
  for (const name of [...needed, ...CADDYFILE_SETTINGS]) t.ok(name in settings, name)
})

t.test('every placeholder of the Caddyfile is known', async (t) => {
  const caddyfile = readFileSync(new URL('../../../../Caddyfile', import.meta.url), 'utf8')
  const placeholders = [...caddyfile.matchAll(/\{\$(\w+)/g)].map(([, name]) => name)
  t.same(new Set(placeholders), CADDYFILE_SETTINGS)
  t.notMatch(caddyfile, /\{env\./)
})

t.test('with a public target it listens everywhere and asks the CA', async (t) => {
  const settings = caddySettings({}, { ...FACTS, publicTarget: 'edge.example.net' })
  t.equal(settings['FINGERPOST_CADDY_ISSUER'], 'acme')
  t.notOk('FINGERPOST_CADDY_BIND' in settings)
  t.equal(caddyHost(settings), '::')
})

t.test('a Caddy that cannot send its log safely keeps it to standard error', async (t) => {
  const settings = caddySettings({ FINGERPOST_CADDY_LOG: 'net' }, { ...FACTS, sendsLog: false })
  t.equal(settings['FINGERPOST_CADDY_LOG'], 'stderr')
})

t.test('the address to listen on can be set in both cases', async (t) => {
  const given = { FINGERPOST_CADDY_BIND: '192.0.2.1' }
  for (const publicTarget of [undefined, 'edge.example.net']) {
    t.equal(caddyHost(caddySettings(given, { ...FACTS, publicTarget })), '192.0.2.1')
  }
})

t.test('the https port shows in redirects unless it is the usual one', async (t) => {
  const suffix = (httpsPort: number): string | undefined =>
    caddySettings({}, { ...FACTS, httpsPort })['FINGERPOST_HTTPS_PORT_SUFFIX']
  t.equal(suffix(442), ':442')
  t.equal(suffix(443), undefined)
  t.equal(suffix(444), ':444')
})

t.test('a setting that is set but empty is taken away, not handed on', async (t) => {
  const settings = caddySettings(
    { FINGERPOST_ACME_EMAIL: '', FINGERPOST_CADDY_BIND: '', UNSET: undefined },
    FACTS,
  )
  t.notOk('FINGERPOST_ACME_EMAIL' in settings)
  t.notOk('UNSET' in settings)
  t.equal(settings['FINGERPOST_CADDY_BIND'], '127.0.0.1')
})

for (const [bind, host] of [
  [undefined, '127.0.0.1'],
  ['', '127.0.0.1'],
  ['::', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['::1', '::1'],
  ['127.0.0.2', '127.0.0.2'],
] as const) {
  t.test(`Caddy that listens on ${bind} is reached at ${host}`, async (t) => {
    t.equal(caddyReachableHost({ FINGERPOST_CADDY_BIND: bind }), host)
  })
}
