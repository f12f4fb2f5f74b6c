import { availableParallelism } from 'node:os'
import t from 'tap'
import { readEdgeConfig } from './config.ts'

t.test('without settings the documented defaults count', async (t) => {
  const config = readEdgeConfig({})
  t.match(config, {
    http: { host: '127.0.0.1', port: 8080 },
    ops: { host: '127.0.0.1', port: 9080 },
    core: { host: '127.0.0.1', port: 50_051 },
    coreToken: undefined,
    logLevel: 'info',
    l1EntriesMax: 100_000,
    l1OctetsMax: 134_217_728,
    l1TtlMs: 600_000,
    negativeTtlMs: 5_000,
    staleMsMax: 86_400_000,
    lookupMsMax: 500,
    snapshotIntervalMs: 60_000,
    redis: undefined,
    l2MsMax: 30,
    countsClicks: true,
    countryHeader: undefined,
    geoIpFile: undefined,
    trustedProxies: [
      { address: '127.0.0.0', prefixBits: 8 },
      { address: '::1', prefixBits: 128 },
    ],
    workers: 1,
  })
  t.match(config.dataDir, /\/data$/)
  t.ok(Object.isFrozen(config))
})

t.test('every setting is read', async (t) => {
  const config = readEdgeConfig({
    FINGERPOST_DATA_DIR: '/var/lib/fingerpost',
    FINGERPOST_LOG_LEVEL: 'warn',
    FINGERPOST_GRPC_TOKEN: 'a-secret',
    EDGE_ADDR: '[::1]:1',
    EDGE_OPS_ADDR: '127.0.0.1:2',
    CORE_GRPC_ADDR: 'core.internal:3',
    EDGE_L1_ENTRIES_MAX: '1',
    EDGE_L1_OCTETS_MAX: '1048576',
    EDGE_L1_TTL_MS: '0',
    EDGE_NEGATIVE_TTL_MS: '0',
    EDGE_STALE_MAX_MS: '0',
    EDGE_LOOKUP_MS_MAX: '10',
    EDGE_SNAPSHOT_INTERVAL_MS: '1000',
    REDIS_URL: 'redis://redis.internal',
    EDGE_L2_MS_MAX: '1',
    EDGE_CLICKS: 'off',
    EDGE_COUNTRY_HEADER: 'CF-IPCountry',
    EDGE_GEOIP_FILE: '/var/lib/geoip/country.mmdb',
    EDGE_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.7',
    EDGE_WORKERS: '64',
  })
  t.same(config, {
    dataDir: '/var/lib/fingerpost',
    logLevel: 'warn',
    coreToken: 'a-secret',
    http: { host: '::1', port: 1 },
    ops: { host: '127.0.0.1', port: 2 },
    core: { host: 'core.internal', port: 3 },
    l1EntriesMax: 1,
    l1OctetsMax: 1_048_576,
    l1TtlMs: 0,
    negativeTtlMs: 0,
    staleMsMax: 0,
    lookupMsMax: 10,
    snapshotIntervalMs: 1_000,
    redis: {
      servers: { kind: 'single', address: { host: 'redis.internal', port: 6379 } },
      username: undefined,
      password: undefined,
      database: 0,
      isEncrypted: false,
      ca: undefined,
    },
    l2MsMax: 1,
    countsClicks: false,
    countryHeader: 'cf-ipcountry',
    geoIpFile: '/var/lib/geoip/country.mmdb',
    trustedProxies: [
      { address: '10.0.0.0', prefixBits: 8 },
      { address: '192.0.2.7', prefixBits: 32 },
    ],
    workers: 64,
  })
})

const PROBLEMS: readonly (readonly [settings: Record<string, string>, message: RegExp])[] = [
  [{ EDGE_L1_ENTRIES_MAX: '0' }, /EDGE_L1_ENTRIES_MAX is "0"/],
  [{ EDGE_L1_ENTRIES_MAX: '10000001' }, /EDGE_L1_ENTRIES_MAX/],
  [{ EDGE_L1_OCTETS_MAX: '1048575' }, /EDGE_L1_OCTETS_MAX is "1048575"/],
  [{ EDGE_L1_OCTETS_MAX: '17179869185' }, /EDGE_L1_OCTETS_MAX/],
  [{ EDGE_L1_TTL_MS: '86400001' }, /EDGE_L1_TTL_MS/],
  [{ EDGE_NEGATIVE_TTL_MS: '3600001' }, /EDGE_NEGATIVE_TTL_MS/],
  [{ EDGE_STALE_MAX_MS: '59999' }, /EDGE_STALE_MAX_MS is 59999, below EDGE_L1_TTL_MS, .* 600000/],
  [{ EDGE_LOOKUP_MS_MAX: '9' }, /EDGE_LOOKUP_MS_MAX/],
  [{ EDGE_SNAPSHOT_INTERVAL_MS: '999' }, /EDGE_SNAPSHOT_INTERVAL_MS/],
  [{ EDGE_L2_MS_MAX: '0' }, /EDGE_L2_MS_MAX is "0"/],
  [{ EDGE_L2_MS_MAX: '1001' }, /EDGE_L2_MS_MAX/],
  [{ EDGE_LOOKUP_MS_MAX: '10001' }, /EDGE_LOOKUP_MS_MAX/],
  [{ EDGE_CLICKS: 'yes' }, /EDGE_CLICKS is "yes"; want one of on, off/],
  [{ EDGE_COUNTRY_HEADER: 'X Country' }, /EDGE_COUNTRY_HEADER is "X Country"/],
  [{ EDGE_TRUSTED_PROXIES: '10.0.0.0/33' }, /EDGE_TRUSTED_PROXIES contains "10.0.0.0\/33"/],
  [{ EDGE_TRUSTED_PROXIES: '::1,proxy' }, /EDGE_TRUSTED_PROXIES contains "proxy"/],
  [{ EDGE_WORKERS: '0' }, /EDGE_WORKERS is "0"; want a whole number 1\.\.64, or auto/],
  [{ EDGE_WORKERS: '65' }, /EDGE_WORKERS is "65"/],
  [{ EDGE_WORKERS: 'Auto' }, /EDGE_WORKERS is "Auto"/],
  [{ EDGE_ADDR: '8080' }, /EDGE_ADDR is "8080"/],
  [{ EDGE_L1_TLL_MS: '1' }, /EDGE_L1_TLL_MS is set but is not a known setting/],
  [{ FINGERPOST_DATADIR: '/x' }, /FINGERPOST_DATADIR is set but is not a known setting/],
]
for (const [settings, message] of PROBLEMS) {
  t.test(`${JSON.stringify(settings)} is refused`, async (t) => {
    t.throws(() => readEdgeConfig(settings), message)
  })
}

t.test('EDGE_WORKERS can be one process for each core', async (t) => {
  const { workers } = readEdgeConfig({ EDGE_WORKERS: 'auto' })
  t.equal(workers, Math.min(availableParallelism(), 64))
})

t.test('settings of other services, and the common ones, are no mistakes', async (t) => {
  readEdgeConfig({
    CORE_ADMIN_TOKEN: 'x',
    DOMAINS_ADDR: 'y',
    FINGERPOST_PUBLIC_TARGET: 'z.example',
  })
  t.pass()
})

t.test('nobody can be trusted', async (t) => {
  t.same(readEdgeConfig({ EDGE_TRUSTED_PROXIES: 'none' }).trustedProxies, [])
})
