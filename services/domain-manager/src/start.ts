import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { acquire } from '@fingerpost/chassis/disposables'
import type { Logger } from '@fingerpost/chassis/logger'
import { Metrics } from '@fingerpost/chassis/metrics'
import { startOpsServer } from '@fingerpost/chassis/ops-server'
import { recordPorts } from '@fingerpost/chassis/run-files'
import type { EpochMs } from '@fingerpost/model/time'
import { CertificateExpiries } from './certificates/certificate-expiries.ts'
import { startKeepWarm } from './certificates/start-keep-warm.ts'
import { startAsk } from './ask/start-ask.ts'
import { GRACE_MS_ADVISED_MAX, type DomainManagerConfig } from './config.ts'
import { connectToCore, installationSecret } from './connect-core.ts'
import {
  createDomainManagerMetrics,
  createKeepWarmMetrics,
  createNotifyMetrics,
} from './metrics.ts'
import { startNotify } from './notify/start-notify.ts'
import { startChecks } from './work/start-checks.ts'

/** The running service, with the real ports of its listeners. */
export type RunningDomainManager = AsyncDisposable & {
  readonly ports: Readonly<Record<string, number>>
}

/**
 * Starts domain-manager. Unless ask runs elsewhere, its listeners are up, with what
 * the snapshot says, before anything is connected; core and DNS may come at any time later.
 */
export async function startDomainManager(
  config: DomainManagerConfig,
  log: Logger,
): Promise<RunningDomainManager> {
  warnOfLongGrace(config, log)
  return acquire(async (stack) => {
    const registry = new Metrics()
    registry.collectProcessMetrics()
    const metrics = createDomainManagerMetrics(registry)
    const ask = config.ask === 'here' ? await startAsk(config, stack, { registry, log }) : undefined
    const ops = stack.use(
      await startOpsServer({
        address: config.opsAddress,
        setting: 'DOMAINS_OPS_ADDR',
        readiness: () => (ask === undefined ? {} : { ask: ask.isReady() }),
        metrics: registry,
      }),
    )
    const ports = { ...ask?.ports, ops: ops.port }
    await recordPorts(config.dataDir, 'domain-manager', ports, log)
    log.info({ ports }, 'started')

    const core = await connectToCore(config, stack)
    ask?.follow(core)
    startNotify(config, stack, { core, metrics: createNotifyMetrics(registry), log })
    const expiries = new CertificateExpiries()
    const now = (): EpochMs => SYSTEM_CLOCK.now()
    const keepWarm = startKeepWarm(config, stack, {
      core,
      expiries,
      metrics: createKeepWarmMetrics(registry, () => expiries.earliest(now()), now),
      log,
    })
    startChecks(config, stack, {
      core,
      secret: await installationSecret(config),
      keepWarm: (domain) => void keepWarm.warm(domain),
      metrics,
      log,
    })
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
