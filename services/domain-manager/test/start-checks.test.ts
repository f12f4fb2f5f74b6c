import { Metrics } from '@fingerpost/chassis/metrics'
import { FakeCore } from '@fingerpost/contract/core-fake'
import t from 'tap'
import { readDomainManagerConfig } from '../src/config.ts'
import { createDomainManagerMetrics } from '../src/metrics.ts'
import { startChecks } from '../src/work/start-checks.ts'
import { startDnsServer } from './dns-server.ts'
import { collectingLog } from './world.ts'

const HOSTNAME = 'links.acme.com'
const TARGET = 'k3.edge.example.net'

t.test('what a stop kept a check from seeing is not recorded', async (t) => {
  await using dns = await startDnsServer()
  const cname = { type: 'CNAME', name: HOSTNAME, data: TARGET } as const
  dns.script(`CNAME ${HOSTNAME}`, { rcode: 'NOERROR', answers: [cname] })
  dns.script(`CAA ${HOSTNAME}`, 'silence')
  const core = new FakeCore({ now: Date.now })
  core.givenDomain({
    hostname: HOSTNAME,
    cnameTarget: TARGET,
    verificationToken: 'fp-secret',
    status: 'active',
  })
  const { promise: isLookingAtCaa, resolve } = Promise.withResolvers<void>()
  const { log, lines } = collectingLog()
  const config = readDomainManagerConfig({
    DOMAINS_DNS_SERVERS: `127.0.0.1:${dns.address.port}`,
    DOMAINS_HEALTH_INTERVAL_MS: '200',
  })
  const metrics = createDomainManagerMetrics(new Metrics())
  const stack = new AsyncDisposableStack()
  startChecks(config, stack, {
    core,
    secret: 'a-secret-of-the-installation',
    keepWarm: () => {},
    metrics,
    log,
  })
  const watch = setInterval(() => {
    if (dns.asked.includes(`udp CAA ${HOSTNAME}`)) resolve()
  }, 5)
  await isLookingAtCaa
  clearInterval(watch)
  await stack.disposeAsync()
  await new Promise((done) => void setImmediate(done))
  t.same(core.checks, [])
  t.notOk(lines.some(({ level }) => level === 'error' || level === 'warn'))
})
