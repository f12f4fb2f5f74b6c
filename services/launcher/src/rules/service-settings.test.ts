import t from 'tap'
import { serviceSettings } from './service-settings.ts'

const FACTS = { dataDir: '/data', publicTarget: undefined, httpsPort: 8443, hasCaddy: true }

t.test('the services hear of the Caddy beside them', async (t) => {
  t.same(serviceSettings({ PATH: '/bin', EDGE_ADDR: '' }, FACTS), {
    PATH: '/bin',
    DOMAINS_ASK: 'elsewhere',
    DOMAINS_CADDY_TLS_ADDR: '127.0.0.1:8443',
    DOMAINS_ACME_LIMITS: 'none',
    FINGERPOST_HTTPS_PORT_SUFFIX: ':8443',
    FINGERPOST_DATA_DIR: '/data',
  })
})

t.test('with a public target the limits of the CA are kept', async (t) => {
  const facts = { ...FACTS, publicTarget: 'edge.example.net', httpsPort: 443 }
  const settings = serviceSettings({ FINGERPOST_CADDY_BIND: '::1' }, facts)
  t.equal(settings['DOMAINS_ACME_LIMITS'], undefined)
  t.equal(settings['FINGERPOST_HTTPS_PORT_SUFFIX'], undefined)
  t.equal(settings['DOMAINS_CADDY_TLS_ADDR'], '[::1]:443')
})

t.test('what is set wins, but for where ask runs', async (t) => {
  const given = {
    DOMAINS_ASK: 'here',
    DOMAINS_CADDY_TLS_ADDR: '10.0.0.1:443',
    DOMAINS_ACME_LIMITS: 'letsencrypt',
    FINGERPOST_HTTPS_PORT_SUFFIX: ':1',
  }
  t.same(serviceSettings(given, FACTS), {
    ...given,
    DOMAINS_ASK: 'elsewhere',
    FINGERPOST_DATA_DIR: '/data',
  })
})

t.test('without a Caddy there is nothing to hear of', async (t) => {
  t.same(serviceSettings({}, { ...FACTS, hasCaddy: false }), {
    DOMAINS_ASK: 'elsewhere',
    FINGERPOST_DATA_DIR: '/data',
  })
})
