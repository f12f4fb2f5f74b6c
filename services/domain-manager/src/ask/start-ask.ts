import type { Server } from 'node:http'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import type { Address } from '@fingerpost/chassis/environment'
import { listen } from '@fingerpost/chassis/listen'
import type { Logger } from '@fingerpost/chassis/logger'
import type { CoreApi } from '@fingerpost/contract/core-api'
import type { DomainManagerMetrics } from '../metrics.ts'
import { createAskServer } from './ask-server.ts'
import { DenialLog } from './denial-log.ts'
import { followCore } from './follow-core.ts'
import type { HostnameTable } from './hostname-table.ts'
import { keepSnapshot } from './keep-snapshot.ts'
import type { SnapshotFile } from './snapshot-file.ts'

/** Fills the table from the newest snapshot that is whole, if there is any. */
export async function loadSnapshot(
  table: HostnameTable,
  file: SnapshotFile,
  log: Logger,
): Promise<void> {
  const { list, problems } = await file.load()
  for (const problem of problems) log.error({ problem }, 'ask snapshot is broken')
  if (list === undefined) return
  table.replace(list)
  log.info({ hostnames: table.size, sequence: list.sequence }, 'hostnames read from the snapshot')
}

/** Starts the listener that Caddy asks; gives its real port. */
export async function startAskListener(
  address: Address,
  stack: AsyncDisposableStack,
  deps: {
    readonly table: HostnameTable
    readonly metrics: DomainManagerMetrics
    readonly log: Logger
  },
): Promise<number> {
  const { table, metrics, log } = deps
  const denials = new DenialLog(log, SYSTEM_CLOCK)
  const server = createAskServer({
    table,
    onAnswer(hostname, { decision, reason }, durationMs) {
      metrics.askDuration.observe({ decision }, durationMs / 1_000)
      if (decision !== 'allowed') denials.note(hostname, { decision, reason })
    },
  })
  const port = await listen(server, address, 'DOMAINS_ADDR')
  stack.defer(() => closeServer(server))
  return port
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  // Why all at once: an ask is answered in the turn it arrives in, so none is being answered.
  server.closeAllConnections()
  await promise
}

/** Keeps the table equal to core's hostnames, and the snapshot equal to the table. */
export function startFollowing(
  table: HostnameTable,
  file: SnapshotFile,
  stack: AsyncDisposableStack,
  deps: { readonly core: CoreApi; readonly log: Logger },
): void {
  const stop = new AbortController()
  const loopDeps = { clock: SYSTEM_CLOCK, random: Math.random, log: deps.log }
  const loops = [
    followCore(table, deps.core, stop.signal, loopDeps),
    keepSnapshot(table, file, stop.signal, loopDeps),
  ]
  stack.defer(async () => {
    stop.abort()
    await Promise.all(loops)
  })
}
