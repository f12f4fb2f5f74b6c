import { randomUUID } from 'node:crypto'
import { hostname as machineName } from 'node:os'
import { join } from 'node:path'
import type { Server } from 'node:http'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { acquire } from '@fingerpost/chassis/disposables'
import { formatAddress } from '@fingerpost/chassis/environment'
import { listen } from '@fingerpost/chassis/listen'
import type { Logger } from '@fingerpost/chassis/logger'
import { startOpsServer } from '@fingerpost/chassis/ops-server'
import { recordPorts } from '@fingerpost/chassis/run-files'
import { readOrCreateSecret } from '@fingerpost/chassis/secret-file'
import { connectCore } from '@fingerpost/contract/core-client'
import type { CoreApi } from '@fingerpost/contract/core-api'
import type { DurationMs } from '@fingerpost/model/time'
import { createAskServer } from './ask/ask-server.ts'
import { DenialLog } from './ask/denial-log.ts'
import { followCore } from './ask/follow-core.ts'
import { HostnameTable } from './ask/hostname-table.ts'
import { keepSnapshot } from './ask/keep-snapshot.ts'
import { SnapshotFile } from './ask/snapshot-file.ts'
import { GRACE_MS_ADVISED_MAX, type DomainManagerConfig } from './config.ts'
import { DNS_PATIENCE, systemResolver, systemServerAddresses } from './dns/system-resolver.ts'
import { defaultDnsServers } from './dns/system-servers.ts'
import { createDomainManagerMetrics, lookupOutcome, type DomainManagerMetrics } from './metrics.ts'
import { checkDomain } from './work/check-domain.ts'
import { runCheckLoop } from './work/check-loop.ts'
import { observeDomain } from './work/observe-domain.ts'

/** The running service, with the real ports of its listeners. */
export type RunningDomainManager = AsyncDisposable & {
  readonly ports: { readonly http: number; readonly ops: number }
}

/** How long one call to core may take. */
export const CORE_DEADLINE_MS: DurationMs = 5_000

/** How long one check may look at DNS; what is not answered by then is "cannot tell". */
export const CHECK_MS_MAX: DurationMs = 20_000

/** How long running checks may go on at a stop. */
export const STOP_CHECKS_MS_MAX: DurationMs = 3_000

/**
 * Starts domain-manager. The ask listener is up, with what the snapshot says,
 * before anything is connected; core and DNS may come at any time later.
 */
export async function startDomainManager(
  config: DomainManagerConfig,
  log: Logger,
): Promise<RunningDomainManager> {
  warnOfLongGrace(config, log)
  const table = new HostnameTable()
  const snapshot = new SnapshotFile(config.dataDir)
  await loadSnapshot(table, snapshot, log)
  const metrics = createDomainManagerMetrics(table, () => SYSTEM_CLOCK.now())

  return acquire(async (stack) => {
    const http = await startAsk(config, table, metrics, log, stack)
    const ops = stack.use(
      await startOpsServer({
        address: config.opsAddress,
        setting: 'DOMAINS_OPS_ADDR',
        readiness: () => ({ ask: table.isLoaded }),
        metrics: metrics.registry,
      }),
    )
    const ports = { http, ops: ops.port }
    await recordPorts(config.dataDir, 'domain-manager', ports)
    log.info({ ports }, 'started')

    const secret =
      config.grpcToken ?? (await readOrCreateSecret(join(config.dataDir, 'grpc-token')))
    const address = formatAddress(config.coreAddress)
    const core = stack.use(connectCore({ address, secret, deadlineMs: CORE_DEADLINE_MS }))
    startFollowing(table, snapshot, core, log, stack)
    startChecking(config, core, metrics, log, stack)
    return { ports }
  })
}

function warnOfLongGrace({ graceMs }: DomainManagerConfig, log: Logger): void {
  if (graceMs <= GRACE_MS_ADVISED_MAX) return
  log.warn(
    { grace_ms: graceMs, grace_ms_advised_max: GRACE_MS_ADVISED_MAX },
    'DOMAINS_GRACE_MS is above 9 days: a CA may pause a hostname that stays misdirected for longer',
  )
}

async function loadSnapshot(table: HostnameTable, file: SnapshotFile, log: Logger): Promise<void> {
  const { list, problems } = await file.load()
  for (const problem of problems) log.error({ problem }, 'ask snapshot is broken')
  if (list === undefined) return
  table.replace(list)
  log.info({ hostnames: table.size, sequence: list.sequence }, 'hostnames read from the snapshot')
}

async function startAsk(
  config: DomainManagerConfig,
  table: HostnameTable,
  metrics: DomainManagerMetrics,
  log: Logger,
  stack: AsyncDisposableStack,
): Promise<number> {
  const denials = new DenialLog(log, SYSTEM_CLOCK)
  const server = createAskServer({
    table,
    onAnswer(hostname, { decision, reason }, durationMs) {
      metrics.askDuration.observe({ decision }, durationMs / 1_000)
      if (decision !== 'allowed') denials.note(hostname, { decision, reason })
    },
  })
  stack.defer(() => closeServer(server))
  return listen(server, config.askAddress, 'DOMAINS_ADDR')
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}

function startFollowing(
  table: HostnameTable,
  snapshot: SnapshotFile,
  core: CoreApi,
  log: Logger,
  stack: AsyncDisposableStack,
): void {
  const stop = new AbortController()
  const deps = { clock: SYSTEM_CLOCK, random: Math.random, log }
  const loops = [
    followCore(table, core, stop.signal, deps),
    keepSnapshot(table, snapshot, stop.signal, deps),
  ]
  stack.defer(async () => {
    stop.abort()
    await Promise.all(loops)
  })
}

function startChecking(
  config: DomainManagerConfig,
  core: CoreApi,
  metrics: DomainManagerMetrics,
  log: Logger,
  stack: AsyncDisposableStack,
): void {
  const addresses = config.dnsServers ?? defaultDnsServers(systemServerAddresses())
  const servers = addresses.map((address) => systemResolver(address, DNS_PATIENCE))
  log.info({ dns_servers: servers.map(({ name }) => name) }, 'DNS servers chosen')
  const observeDeps = {
    servers,
    txtPrefix: config.txtPrefix,
    publicTarget: config.publicTarget,
    targetHealth: { hadAddresses: false },
    countLookup: (server: string, answer: Parameters<typeof lookupOutcome>[0]) =>
      metrics.dnsLookups.inc({ server, outcome: lookupOutcome(answer) }),
  }
  const deps = {
    core,
    settings: config,
    observe: (domain: Parameters<typeof observeDomain>[0], signal: AbortSignal) =>
      observeDomain(domain, signal, observeDeps),
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log,
  }
  const stop = new AbortController()
  const abandon = new AbortController()
  const workerId = `${machineName().slice(0, 20)}:${process.pid}:${randomUUID().slice(0, 8)}`
  const loop = runCheckLoop(workerId, stop.signal, {
    ...deps,
    check(domain) {
      const signal = AbortSignal.any([abandon.signal, AbortSignal.timeout(CHECK_MS_MAX)])
      return checkDomain(domain, signal, deps)
    },
    onClaimed: (lagMs) => metrics.checkLag.observe(lagMs / 1_000),
    onChecked: (outcome) => metrics.checks.inc({ outcome }),
  })
  stack.defer(async () => {
    stop.abort()
    const patience = setTimeout(() => abandon.abort(), STOP_CHECKS_MS_MAX)
    await loop
    clearTimeout(patience)
  })
}
