import t from 'tap'
import { Environment } from '@fingerpost/chassis/environment'
import { describeRedis, readRedisConfig } from './redis-config.ts'

const NODES = '10.0.0.1:26379, redis.internal:26380'

const GOOD: readonly (readonly [settings: Record<string, string>, config: object, said: string])[] =
  [
    [
      { REDIS_URL: 'redis://cache.internal' },
      { servers: { kind: 'single', address: { host: 'cache.internal', port: 6379 } }, database: 0 },
      'single cache.internal:6379',
    ],
    [
      { REDIS_URL: 'rediss://edge:p%40ss@[::1]:1/3' },
      {
        servers: { address: { host: '::1', port: 1 } },
        username: 'edge',
        password: 'p@ss',
        database: 3,
        isEncrypted: true,
      },
      'single [::1]:1 with TLS',
    ],
    [
      {
        EDGE_REDIS_SENTINELS: NODES,
        EDGE_REDIS_SENTINEL_NAME: 'main',
        EDGE_REDIS_SENTINEL_PASSWORD: 'x',
        EDGE_REDIS_PASSWORD: 'y',
      },
      { servers: { kind: 'sentinels', name: 'main', password: 'x' }, password: 'y' },
      'sentinels 10.0.0.1:26379,redis.internal:26380',
    ],
    [
      { EDGE_REDIS_CLUSTER: NODES, EDGE_REDIS_TLS: 'true', EDGE_REDIS_USERNAME: 'edge' },
      { servers: { kind: 'cluster' }, isEncrypted: true, username: 'edge' },
      'cluster 10.0.0.1:26379,redis.internal:26380 with TLS',
    ],
  ]
for (const [settings, config, said] of GOOD) {
  t.test(`${said} is read, and said without secrets`, async (t) => {
    const environment = new Environment(settings)
    const read = readRedisConfig(environment)
    environment.finish(['EDGE_', 'REDIS_'])
    t.match(read, config)
    t.equal(describeRedis(read), said)
  })
}

t.test('without a setting there is no Redis', async (t) => {
  t.equal(readRedisConfig(new Environment({})), undefined)
  const environment = new Environment({ EDGE_REDIS_TLS: 'false' })
  t.equal(readRedisConfig(environment), undefined)
  t.doesNotThrow(() => environment.finish(['EDGE_']))
  t.equal(describeRedis(undefined), 'none')
})

const BAD: readonly (readonly [settings: Record<string, string>, problem: RegExp])[] = [
  [{ REDIS_URL: 'http://a:secret@b' }, /REDIS_URL is not of the form/],
  [{ REDIS_URL: 'redis://b/x' }, /REDIS_URL is not of the form/],
  [{ REDIS_URL: 'redis://b?db=1' }, /REDIS_URL is not of the form/],
  [{ REDIS_URL: 'cache:6379' }, /REDIS_URL is not of the form/],
  [{ REDIS_URL: 'redis://b', EDGE_REDIS_CLUSTER: NODES }, /set only one/],
  [{ REDIS_URL: 'redis://b', EDGE_REDIS_PASSWORD: 'x' }, /stand in the URL/],
  [{ EDGE_REDIS_SENTINELS: NODES }, /not EDGE_REDIS_SENTINEL_NAME/],
  [{ EDGE_REDIS_SENTINEL_NAME: 'x' }, /EDGE_REDIS_SENTINEL_NAME has no effect without EDGE_REDIS_/],
  [
    { REDIS_URL: 'redis://b', EDGE_REDIS_SENTINEL_PASSWORD: 'secret' },
    /EDGE_REDIS_SENTINEL_PASSWORD has no effect without EDGE_REDIS_SENTINELS/,
  ],
  [{ EDGE_REDIS_USERNAME: 'x' }, /EDGE_REDIS_USERNAME has no effect without any Redis/],
  [{ EDGE_REDIS_PASSWORD: 'secret' }, /EDGE_REDIS_PASSWORD has no effect without any Redis/],
  [{ EDGE_REDIS_TLS: 'true' }, /EDGE_REDIS_TLS has no effect without any Redis/],
  [{ EDGE_REDIS_CLUSTER: 'a' }, /EDGE_REDIS_CLUSTER contains "a"/],
  [{ EDGE_REDIS_CA_FILE: '/nowhere/ca.pem' }, /EDGE_REDIS_CA_FILE .* cannot be read/],
]
for (const [settings, problem] of BAD) {
  t.test(`${JSON.stringify(settings)} is refused`, async (t) => {
    const environment = new Environment(settings)
    readRedisConfig(environment)
    t.throws(() => environment.finish([]), problem)
    t.throws(() => environment.finish([]), { message: /^(?!.*secret)/s })
  })
}
