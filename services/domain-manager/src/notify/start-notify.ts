import { randomUUID } from 'node:crypto'
import { hostname as machineName } from 'node:os'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import type { Logger } from '@fingerpost/chassis/logger'
import type { Counter } from '@fingerpost/chassis/metrics'
import type { CoreApi } from '@fingerpost/contract/core-api'
import type { DurationMs } from '@fingerpost/model/time'
import type { DomainManagerConfig } from '../config.ts'
import { dnsAddresses, systemAddresses, systemServerAddresses } from '../dns/system-servers.ts'
import { guardedRequest, type LookupAddresses } from '../outgoing/guarded-request.ts'
import { deliver, type DeliverDeps } from './deliver.ts'
import { runDeliverLoop } from './deliver-loop.ts'
import { createMailer, MAIL_LIMITS, NO_MAILER, type Mailer } from './send-mail.ts'
import { WEBHOOK_LIMITS } from './send-webhook.ts'

/** The pause before core is asked again when nothing was due. */
const NOTIFY_PAUSE_MS: DurationMs = 1_000

/** How long running deliveries may go on at a stop; then they are left to their leases. */
const STOP_DELIVERIES_MS_MAX: DurationMs = 2_000

/** How long the name of an endpoint is looked up. */
const LOOKUP_MS_MAX: DurationMs = 5_000

const MACHINE_NAME_LENGTH_MAX = 20

/** What delivering counts. */
export type NotifyMetrics = { readonly deliveries: Counter<'channel' | 'outcome'> }

/** Starts delivering notices; the stop waits for the deliveries that run. */
export function startNotify(
  config: Pick<DomainManagerConfig, 'probeAllowPrivate' | 'smtpUrl' | 'mailFrom'>,
  stack: AsyncDisposableStack,
  deps: { readonly core: CoreApi; readonly metrics: NotifyMetrics; readonly log: Logger },
): void {
  const { core, metrics, log } = deps
  const stop = new AbortController()
  const abandon = new AbortController()
  const guard = {
    lookup: lookupOf(config),
    allowPrivate: config.probeAllowPrivate,
    limits: WEBHOOK_LIMITS,
  }
  const deliverDeps: DeliverDeps = {
    core,
    webhooks: {
      request: (request, signal) => guardedRequest(request, signal, guard),
      now: () => SYSTEM_CLOCK.now(),
    },
    mailer: mailerOf(config, log),
    clock: SYSTEM_CLOCK,
    random: Math.random,
  }
  const options = {
    workerId: workerId(),
    claimPauseMs: NOTIFY_PAUSE_MS,
    signal: stop.signal,
  }
  const loop = runDeliverLoop(options, {
    core,
    deliver: (delivery) => deliver(delivery, abandon.signal, deliverDeps),
    onDelivered: ({ to }, outcome) => metrics.deliveries.inc({ channel: to.kind, outcome }),
    clock: SYSTEM_CLOCK,
    random: Math.random,
    log,
  })
  stack.defer(async () => {
    stop.abort()
    const { promise: patience, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, STOP_DELIVERIES_MS_MAX)
    await Promise.race([loop, patience])
    clearTimeout(timer)
    abandon.abort()
  })
}

/** Why the hosts file only where private addresses are allowed: elsewhere nothing in it counts. */
function lookupOf({
  probeAllowPrivate,
}: Pick<DomainManagerConfig, 'probeAllowPrivate'>): LookupAddresses {
  if (probeAllowPrivate) return systemAddresses
  const options = { servers: systemServerAddresses(), msMax: LOOKUP_MS_MAX }
  return (hostname) => dnsAddresses(hostname, options)
}

function mailerOf(
  { smtpUrl, mailFrom }: Pick<DomainManagerConfig, 'smtpUrl' | 'mailFrom'>,
  log: Logger,
): Mailer {
  if (smtpUrl === undefined || mailFrom === undefined) return NO_MAILER
  let isBroken = false
  return createMailer(
    { smtpUrl, from: mailFrom, limits: MAIL_LIMITS },
    {
      onTrouble(error) {
        // Why the message alone: the rest of the error holds settings of the connection.
        const explanation = error instanceof Error ? error.message : String(error)
        if (!isBroken) log.warn({ explanation }, 'mail cannot be sent; trying again')
        isBroken = true
      },
      onSent() {
        if (isBroken) log.info({}, 'mail can be sent again')
        isBroken = false
      },
    },
  )
}

// Why a random part: two workers on one machine may get the same pid in two containers.
function workerId(): string {
  const machine = machineName().slice(0, MACHINE_NAME_LENGTH_MAX)
  return `${machine}:${process.pid}:${randomUUID().slice(0, 8)}`
}
