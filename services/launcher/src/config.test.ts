import t from 'tap'
import { readLauncherConfig } from './config.ts'

t.test('without settings everything has its documented address', async (t) => {
  t.match(readLauncherConfig({}), {
    dataDir: `${process.cwd()}/data`,
    logLevel: 'info',
    publicTarget: undefined,
    caddy: undefined,
    caddyPorts: { FINGERPOST_HTTP_PORT: 8000, FINGERPOST_HTTPS_PORT: 8443 },
    listeners: {
      EDGE_ADDR: { host: '127.0.0.1', port: 8080 },
      CORE_HTTP_ADDR: { host: '127.0.0.1', port: 8081 },
      DOMAINS_ADDR: { host: '127.0.0.1', port: 8082 },
    },
    adminToken: { kind: 'file', path: `${process.cwd()}/data/admin-token` },
  })
})

t.test('settings are read, those of the services as well', async (t) => {
  const values = {
    FINGERPOST_DATA_DIR: '/srv/fingerpost',
    FINGERPOST_CADDY: 'off',
    FINGERPOST_HTTPS_PORT: '0',
    EDGE_ADDR: '[::]:80',
    CORE_ADMIN_TOKEN: 'a-token-of-the-operator',
    EDGE_L1_TTL_MS: '1',
  }
  t.match(readLauncherConfig(values), {
    dataDir: '/srv/fingerpost',
    caddy: 'off',
    caddyPorts: { FINGERPOST_HTTPS_PORT: 0 },
    listeners: { EDGE_ADDR: { host: '::', port: 80 } },
    adminToken: { kind: 'setting' },
    environment: values,
  })
})

t.test('every problem is named at once', async (t) => {
  const values = {
    FINGERPOST_HTTP_PORT: '65536',
    FINGERPOST_HTTPS_PORT: '-1',
    EDGE_ADDR: '8080',
    FINGERPOST_LOG_LEVEL: 'loud',
    FINGERPOST_PUBLIC_TARGT: 'x',
  }
  t.throws(() => readLauncherConfig(values), {
    name: 'StartError',
    message:
      /^Bad configuration:\n.*LOG_LEVEL is "loud".*\n.*HTTP_PORT is "65536".*\n.*HTTPS_PORT is "-1".*\n.*EDGE_ADDR is "8080".*\n.*PUBLIC_TARGT is set but is not/,
  })
})
