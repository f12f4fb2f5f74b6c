import { setTimeout as delay } from 'node:timers/promises'
import { portsOf, SECRET } from './harness/edge.ts'
import { cpuMsOf, startNode } from './harness/processes.ts'
import { scrape } from './harness/prometheus.ts'
import type { BenchContext, Comparison, Report } from './harness/report.ts'
import { interleave, type Measurement } from './harness/rounds.ts'
import { startControlCore, type ControlCore } from './harness/start-control-core.ts'

const RESOLVERS = 3
const WARM_CHECKS = 500
const WARM_MS_MAX = 30_000
// Why enough: none of a round is checked twice, so that no cache of ours makes it look better.
const DUE_DOMAINS = 10_000_000
const RESOLVERS_ONLY = 'three resolvers'
const WITH_AUTHORITY = "three resolvers and the zone's own server"

/** How many domains one domain-manager keeps an eye on. */
export const CHECKS: Comparison = {
  name: 'checks',
  title: `health checks of domains on one core, ${RESOLVERS} servers asked`,
  needs: [],
  run: measureChecks,
}

async function measureChecks(context: BenchContext): Promise<Report> {
  const { rounds, say } = context
  const subjects = [
    { name: RESOLVERS_ONLY, measure: () => measure(context, false) },
    { name: WITH_AUTHORITY, measure: () => measure(context, true) },
  ]
  const found = await interleave(subjects, rounds, say)
  return {
    kind: 'measured',
    ratios: [
      {
        what: 'domains a second, three servers asked',
        value: found.median(RESOLVERS_ONLY, 'domains'),
        unit: '/s',
        target: { atLeast: 500 },
      },
      {
        what: "domains a second, the zone's own server asked, too",
        value: found.median(WITH_AUTHORITY, 'domains'),
        unit: '/s',
      },
      {
        what: 'checks that did not find both records',
        value: Math.max(
          found.median(RESOLVERS_ONLY, 'not well'),
          found.median(WITH_AUTHORITY, 'not well'),
        ),
        target: { atMost: 0 },
      },
    ],
    figures: found.figures({
      domains: '/s',
      lookups: '/s',
      'lookups for a check': '',
      'CPU for a check': 'ms',
      'not well': '',
    }),
    notes: [
      'domain-manager runs alone on one core; the name servers and core run on the other.',
      'A check looks at both records, CAA and stores what it found; the probe was done before.',
      '100,000 domains in 15 minutes need 111/s.',
    ],
  }
}

async function measure(context: BenchContext, hasAuthority: boolean): Promise<Measurement> {
  const { cores, directory, seconds } = context
  const names = await startNode({
    name: 'dns-answers',
    script: 'bench/subjects/dns-answers.ts',
    options: { resolvers: RESOLVERS, hasAuthority },
    core: cores.load,
  })
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => void (await names.program.stop()))
  const core = stack.use(
    await startControlCore({ hostnames: 0, dueDomains: DUE_DOMAINS }, cores.load),
  )
  const resolvers = names.ready['resolvers'] as readonly number[]
  const manager = await startNode({
    name: 'domain-manager',
    script: 'services/domain-manager/src/main.ts',
    core: cores.server,
    env: {
      FINGERPOST_DATA_DIR: `${directory}/${hasAuthority ? 'authority' : 'resolvers'}`,
      FINGERPOST_PUBLIC_TARGET: 'edge.example.net',
      FINGERPOST_GRPC_TOKEN: SECRET,
      CORE_GRPC_ADDR: `127.0.0.1:${core.grpcPort}`,
      DOMAINS_ASK: 'elsewhere',
      DOMAINS_OPS_ADDR: '127.0.0.1:0',
      DOMAINS_DNS_SERVERS: resolvers.map((port) => `127.0.0.1:${port}`).join(','),
      DOMAINS_DNS_AUTHORITY_PORT: String(names.ready['authority']),
      DOMAINS_PROBE_ALLOW_PRIVATE: 'true',
      // Why nowhere: the handshakes of this many domains would be another measurement.
      DOMAINS_CADDY_TLS_ADDR: '127.0.0.1:1',
    },
  })
  stack.defer(async () => void (await manager.program.stop()))
  const { ops: opsPort = 0 } = portsOf(manager.ready)
  await untilWarm(core)
  const [countsBefore, metricsBefore] = [await core.counts(), await scrape(opsPort)]
  const cpuBefore = await cpuMsOf(manager.program.pid)
  const startedAt = performance.now()
  await delay(seconds * 1000)
  const [counts, metrics] = [await core.counts(), await scrape(opsPort)]
  const cpuMs = (await cpuMsOf(manager.program.pid)) - cpuBefore
  const passedS = (performance.now() - startedAt) / 1000
  const checks = counts.checks - countsBefore.checks
  const lookups =
    metrics.sum('fingerpost_dns_lookups_total') - metricsBefore.sum('fingerpost_dns_lookups_total')
  return {
    domains: checks / passedS,
    lookups: lookups / passedS,
    'lookups for a check': lookups / checks,
    'CPU for a check': cpuMs / checks,
    'not well': checks - (counts.well - countsBefore.well),
  }
}

async function untilWarm(core: ControlCore): Promise<void> {
  const deadlineAt = performance.now() + WARM_MS_MAX
  while ((await core.counts()).checks < WARM_CHECKS) {
    if (performance.now() > deadlineAt)
      throw new Error('domain-manager does not check its domains.')
    await delay(50)
  }
}
