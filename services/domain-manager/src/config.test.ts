import t from 'tap'
import { readDomainManagerConfig } from './config.ts'

t.test('every setting has the documented default', async (t) => {
  const config = readDomainManagerConfig({ FINGERPOST_DATA_DIR: '/data' })
  t.same(config, {
    dataDir: '/data',
    logLevel: 'info',
    publicTarget: undefined,
    ask: 'here',
    askAddress: { host: '127.0.0.1', port: 8082 },
    askOpsAddress: { host: '127.0.0.1', port: 9083 },
    plainAddress: { host: '127.0.0.1', port: 8084 },
    httpsPortSuffix: '',
    caddyLogAddress: { host: '127.0.0.1', port: 8083 },
    opsAddress: { host: '127.0.0.1', port: 9082 },
    coreAddress: { host: '127.0.0.1', port: 50051 },
    grpcToken: undefined,
    dnsServers: undefined,
    authorityPort: 53,
    txtPrefix: '_fingerpost-verify',
    acmeIssuer: 'letsencrypt.org',
    acmeAccountUri: undefined,
    acmeLimits: 'letsencrypt',
    probeHttpPort: 80,
    probeAllowPrivate: false,
    caddyTlsAddress: { host: '127.0.0.1', port: 443 },
    smtpUrl: undefined,
    mailFrom: undefined,
    healthIntervalMs: 900_000,
    confirmMs: 60_000,
    graceMs: 604_800_000,
  })
  t.ok(Object.isFrozen(config))
})

t.test('settings are read', async (t) => {
  const config = readDomainManagerConfig({
    FINGERPOST_PUBLIC_TARGET: 'Edge.Example.Net.',
    FINGERPOST_GRPC_TOKEN: 'secret',
    DOMAINS_DNS_SERVERS: '127.0.0.1:5353, [2001:db8::1]:53,192.0.2.1',
    DOMAINS_TXT_PREFIX: '_acme-proof',
    DOMAINS_HEALTH_INTERVAL_MS: '200',
    DOMAINS_CONFIRM_MS: '0',
    DOMAINS_GRACE_MS: '0',
  })
  t.match(config, {
    publicTarget: 'edge.example.net',
    grpcToken: 'secret',
    dnsServers: [
      { host: '127.0.0.1', port: 5353 },
      { host: '2001:db8::1', port: 53 },
      { host: '192.0.2.1', port: 53 },
    ],
    txtPrefix: '_acme-proof',
    healthIntervalMs: 200,
    confirmMs: 0,
    graceMs: 0,
  })
})

t.test('the settings of ask, certificates, probes and mail are read', async (t) => {
  const config = readDomainManagerConfig({
    DOMAINS_ASK: 'elsewhere',
    DOMAINS_ASK_OPS_ADDR: '127.0.0.1:1',
    DOMAINS_PLAIN_ADDR: '127.0.0.1:2',
    DOMAINS_CADDY_LOG_ADDR: '127.0.0.1:3',
    DOMAINS_CADDY_TLS_ADDR: '127.0.0.1:4',
    DOMAINS_DNS_AUTHORITY_PORT: '5',
    DOMAINS_PROBE_HTTP_PORT: '6',
    DOMAINS_PROBE_ALLOW_PRIVATE: 'true',
    DOMAINS_ACME_ISSUER: 'ca.example.net',
    DOMAINS_ACME_ACCOUNT_URI: 'https://ca.example.net/acct/1',
    DOMAINS_ACME_LIMITS: 'none',
    DOMAINS_SMTP_URL: 'smtps://user:secret@mail.example.net',
    DOMAINS_MAIL_FROM: 'links@example.net',
    EDGE_ADDR: '127.0.0.1:8080',
  })
  t.match(config, {
    ask: 'elsewhere',
    askOpsAddress: { port: 1 },
    plainAddress: { port: 2 },
    caddyLogAddress: { port: 3 },
    caddyTlsAddress: { port: 4 },
    authorityPort: 5,
    probeHttpPort: 6,
    probeAllowPrivate: true,
    acmeIssuer: 'ca.example.net',
    acmeAccountUri: 'https://ca.example.net/acct/1',
    acmeLimits: 'none',
    smtpUrl: 'smtps://user:secret@mail.example.net',
    mailFrom: 'links@example.net',
  })
})

t.test('a DNS server that is named twice has one voice', async (t) => {
  const names = '192.0.2.1, 192.0.2.1:53, [2001:db8::1]:53, 2001:db8::1, 192.0.2.1:54'
  const config = readDomainManagerConfig({ DOMAINS_DNS_SERVERS: names })
  t.same(config.dnsServers, [
    { host: '192.0.2.1', port: 53 },
    { host: '2001:db8::1', port: 53 },
    { host: '192.0.2.1', port: 54 },
  ])
})

t.test('every problem is named at once', async (t) => {
  const manyServers = Array.from({ length: 10 }, (_, index) => `192.0.2.${index}`).join(',')
  const read = () =>
    readDomainManagerConfig({
      DOMAINS_HEALTH_INTERVAL_MS: '199',
      DOMAINS_CONFIRM_MS: '-1',
      DOMAINS_GRACE_MS: 'a week',
      DOMAINS_TXT_PREFIX: 'not a label',
      DOMAINS_DNS_SERVERS: manyServers,
      DOMAINS_GRACE: '1',
      CORE_GRPC_ADDR: '127.0.0.1:0',
    })
  for (const name of [
    'DOMAINS_HEALTH_INTERVAL_MS',
    'DOMAINS_CONFIRM_MS',
    'DOMAINS_GRACE_MS',
    'DOMAINS_TXT_PREFIX',
    'DOMAINS_DNS_SERVERS names 10 servers',
    'DOMAINS_GRACE is set but is not a known setting',
    'CORE_GRPC_ADDR ends in port 0',
  ]) {
    t.throws(read, { message: new RegExp(name) }, name)
  }
  t.throws(() => readDomainManagerConfig({ DOMAINS_DNS_SERVERS: 'dns.example' }), {
    message: /DOMAINS_DNS_SERVERS/,
  })
})

t.test('a mail server and a sender are set together, or neither', async (t) => {
  const server = { DOMAINS_SMTP_URL: 'smtp://mail.example.net:587' }
  const sender = { DOMAINS_MAIL_FROM: 'Fingerpost <notices@example.net>' }
  t.match(readDomainManagerConfig({ ...server, ...sender }), {
    smtpUrl: server.DOMAINS_SMTP_URL,
    mailFrom: sender.DOMAINS_MAIL_FROM,
  })
  t.throws(() => readDomainManagerConfig(server), /set together/)
  t.throws(() => readDomainManagerConfig(sender), /set together/)
  const wrong = { ...sender, DOMAINS_SMTP_URL: 'https://user:secret@mail.example.net' }
  t.throws(() => readDomainManagerConfig(wrong), /does not begin with "smtp:/)
  t.throws(() => readDomainManagerConfig(wrong), /^(?!.*secret)/s)
})
