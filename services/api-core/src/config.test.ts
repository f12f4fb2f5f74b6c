import { join, resolve } from 'node:path'
import t from 'tap'
import { describeConfig, readCoreConfig } from './config.ts'

t.test('without settings everything is on this machine', async (t) => {
  t.same(readCoreConfig({}), {
    dataDir: resolve('data'),
    logLevel: 'info',
    databaseUrl: `sqlite:${join(resolve('data'), 'fingerpost.sqlite')}`,
    httpAddress: { host: '127.0.0.1', port: 8081 },
    grpcAddress: { host: '127.0.0.1', port: 50051 },
    opsAddress: { host: '127.0.0.1', port: 9081 },
    publicTarget: undefined,
    txtPrefix: '_fingerpost-verify',
    adminToken: undefined,
    grpcToken: undefined,
  })
})

const GOOD = [
  [{ DATABASE_URL: 'postgres://u:p@db:5432/x' }, { databaseUrl: 'postgres://u:p@db:5432/x' }],
  [{ DATABASE_URL: 'sqlite:/tmp/x' }, { databaseUrl: 'sqlite:/tmp/x' }],
  [{ FINGERPOST_PUBLIC_TARGET: 'Edge.Example.NET.' }, { publicTarget: 'edge.example.net' }],
  [{ DOMAINS_TXT_PREFIX: '_prove' }, { txtPrefix: '_prove' }],
  [{ CORE_ADMIN_TOKEN: 'x'.repeat(16) }, { adminToken: 'x'.repeat(16) }],
  [{ CORE_HTTP_ADDR: '[::1]:0' }, { httpAddress: { host: '::1', port: 0 } }],
  [{ DOMAINS_GRACE_MS: '1', EDGE_ADDR: 'x' }, { logLevel: 'info' }],
] as const

for (const [values, expected] of GOOD) {
  t.test(`taken: ${JSON.stringify(values)}`, async (t) => {
    t.match(readCoreConfig(values), expected)
  })
}

const BAD = [
  { DATABASE_URL: 'mysql://u:secret@db/x' },
  { DATABASE_URL: 'sqlite:' },
  { DATABASE_URL: './data.sqlite' },
  { FINGERPOST_PUBLIC_TARGET: 'https://edge.example.net' },
  { FINGERPOST_PUBLIC_TARGET: 'edge.example.net:80' },
  { FINGERPOST_PUBLIC_TARGET: 'edge' },
  { FINGERPOST_PUBLIC_TARGET: `${'a'.repeat(60)}.`.repeat(4).slice(0, 241) },
  { DOMAINS_TXT_PREFIX: 'prove' },
  { DOMAINS_TXT_PREFIX: '_a.b' },
  { CORE_ADMIN_TOKEN: 'x'.repeat(15) },
  { CORE_ADMIN_TOKEN: 'sixteen letters and spaces' },
  { FINGERPOST_GRPC_TOKEN: 'short' },
  { CORE_HTTP_ADDR: 'x' },
  { CORE_HTP_ADDR: '127.0.0.1:1' },
  { FINGERPOST_LOG_LEVEL: 'loud' },
] as const

for (const values of BAD) {
  t.test(`refused: ${JSON.stringify(values).slice(0, 80)}`, async (t) => {
    const [name] = Object.keys(values)
    t.throws(() => readCoreConfig(values), { name: 'StartError', message: new RegExp(name ?? '') })
    t.throws(() => readCoreConfig(values), { message: /^(?!.*secret)/s })
  })
}

t.test('the settings are logged without secrets', async (t) => {
  const config = readCoreConfig({
    DATABASE_URL: 'postgres://user:hush-1@db/x',
    CORE_ADMIN_TOKEN: 'hush-2-hush-2-hush-2',
    FINGERPOST_GRPC_TOKEN: 'hush-3-hush-3-hush-3',
  })
  const text = JSON.stringify(describeConfig(config))
  t.notMatch(text, 'hush')
  t.match(text, 'postgres://db/x')
})

const DESCRIBED = [
  ['postgres://user:hush@db:5432/x', 'postgres://db:5432/x'],
  ['postgresql://user:hu@sh@db/x', 'postgresql://db/x'],
  ['postgres://db/x?user=hush&password=hush#hush', 'postgres://db/x'],
  ['postgres://user:hush@[::1]:5432/x', 'postgres://[::1]:5432/x'],
  // Characters that would have to be encoded: parts of a password are read as host, path or query.
  ['postgres://user:hu/sh@db/x', '[redacted]'],
  ['postgres://user:12/hush@db/x', '[redacted]'],
  ['postgres://user:12?hush@db/x', '[redacted]'],
  ['postgres://user:12#hush@db/x', '[redacted]'],
  ['postgres://user:hush@db:port/x', '[redacted]'],
  ['sqlite:/data/x.sqlite', 'sqlite:/data/x.sqlite'],
] as const

for (const [url, expected] of DESCRIBED) {
  t.test(`${url} is logged as ${expected}`, async (t) => {
    const config = readCoreConfig({ DATABASE_URL: url })
    t.equal(describeConfig(config)['databaseUrl'], expected)
  })
}

t.test('the URL of the database can stand in a file', async (t) => {
  const folder = t.testdir({ url: 'postgres://u:p@db/x\n', bad: 'mysql://u:secret@db/x' })
  const { databaseUrl } = readCoreConfig({ DATABASE_URL_FILE: join(folder, 'url') })
  t.equal(databaseUrl, 'postgres://u:p@db/x')
  const both = { DATABASE_URL: 'sqlite:x', DATABASE_URL_FILE: join(folder, 'url') }
  t.throws(() => readCoreConfig(both), { message: /DATABASE_URL_FILE are both set/ })
  const bad = { DATABASE_URL_FILE: join(folder, 'bad') }
  t.throws(() => readCoreConfig(bad), { message: /^(?!.*secret).*DATABASE_URL is neither/s })
})
