import { join } from 'node:path'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { acquire } from '@fingerpost/chassis/disposables'
import { formatAddress } from '@fingerpost/chassis/environment'
import type { Logger } from '@fingerpost/chassis/logger'
import { startOpsServer } from '@fingerpost/chassis/ops-server'
import { recordPorts } from '@fingerpost/chassis/run-files'
import { readOrCreateSecret } from '@fingerpost/chassis/secret-file'
import { connectCore } from '@fingerpost/contract/core-client'
import type { DurationMs } from '@fingerpost/model/time'
import { HostnameTable } from './ask/hostname-table.ts'
import { SnapshotFile } from './ask/snapshot-file.ts'
import { loadSnapshot, startAskListener, startFollowing } from './ask/start-ask.ts'
import { GRACE_MS_ADVISED_MAX, type DomainManagerConfig } from './config.ts'
import { createDomainManagerMetrics } from './metrics.ts'
import { startChecks } from './work/start-checks.ts'

/** The running service, with the real ports of its listeners. */
export type RunningDomainManager = AsyncDisposable & {
  readonly ports: { readonly http: number; readonly ops: number }
}

/** How long one call to core may take. */
export const CORE_DEADLINE_MS: DurationMs = 5_000

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
    const http = await startAskListener(config.askAddress, stack, { table, metrics, log })
    const ops = stack.use(
      await startOpsServer({
        address: config.opsAddress,
        setting: 'DOMAINS_OPS_ADDR',
        readiness: () => ({ ask: table.isLoaded }),
        metrics: metrics.registry,
      }),
    )
    const ports = { http, ops: ops.port }
    await recordPorts(config.dataDir, 'domain-manager', ports, log)
    log.info({ ports }, 'started')

    const core = stack.use(
      connectCore({
        address: formatAddress(config.coreAddress),
        secret: config.grpcToken ?? (await readOrCreateSecret(join(config.dataDir, 'grpc-token'))),
        deadlineMs: CORE_DEADLINE_MS,
      }),
    )
    startFollowing(table, snapshot, stack, { core, log })
    startChecks(config, stack, { core, metrics, log })
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
