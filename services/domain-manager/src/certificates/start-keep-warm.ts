import { formatAddress } from '@fingerpost/chassis/environment'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { CoreApi } from '@fingerpost/contract/core-api'
import { CertificateNewsQueue } from '../caddy-log/tell-core.ts'
import type { DomainManagerConfig } from '../config.ts'
import type { KeepWarmMetrics } from '../metrics.ts'
import type { CertificateExpiries } from './certificate-expiries.ts'
import { makeHandshake } from './handshake.ts'
import { KeepWarm } from './keep-warm.ts'

/** Starts the keep-warm handshakes, and telling core what they show. */
export function startKeepWarm(
  config: Pick<DomainManagerConfig, 'caddyTlsAddress'>,
  stack: AsyncDisposableStack,
  deps: {
    readonly core: Pick<CoreApi, 'recordCertificate'>
    readonly expiries: CertificateExpiries
    readonly metrics: KeepWarmMetrics
    readonly log: Logger
  },
): KeepWarm {
  const { core, expiries, metrics, log } = deps
  const stop = new AbortController()
  const news = new CertificateNewsQueue()
  const telling = news.run(core, stop.signal, { clock: SYSTEM_CLOCK, random: Math.random, log })
  const address = config.caddyTlsAddress
  const keepWarm = new KeepWarm(stop.signal, {
    handshake: (hostname, deadlineMs, signal) =>
      makeHandshake(hostname, { address, deadlineMs }, signal),
    onNews: (record) => news.add(record),
    onOutcome({ hostname }, outcome) {
      metrics.handshakes.inc({ outcome: outcome.kind })
      if (outcome.kind !== 'seen') return
      expiries.note(hostname, outcome.certificate.notAfter, SYSTEM_CLOCK.now())
    },
    server: formatAddress(address),
    clock: SYSTEM_CLOCK,
    log,
  })
  stack.defer(async () => {
    stop.abort()
    await Promise.all([telling, keepWarm.idle()])
  })
  return keepWarm
}
