import { Metrics, type Counter, type Histogram } from '@fingerpost/chassis/metrics'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import type { EpochMs } from '@fingerpost/model/time'
import type { HostnameTable } from './ask/hostname-table.ts'
import type { NotifyMetrics } from './notify/start-notify.ts'
import type { DnsAnswer } from './rules/dns-answer.ts'

/** The metrics of domain-manager. */
export type DomainManagerMetrics = {
  readonly dnsLookups: Counter<'server' | 'outcome'>
  readonly checkLag: Histogram<never>
  readonly checks: Counter<'outcome'>
}

/** What the keep-warm handshakes count. */
export type KeepWarmMetrics = { readonly handshakes: Counter<'outcome'> }

/**
 * Makes the metrics of the keep-warm handshakes.
 *
 * @param earliestExpiry when the next of all certificates ends; undefined: none was seen
 */
export function createKeepWarmMetrics(
  registry: Metrics,
  earliestExpiry: () => EpochMs | undefined,
  now: () => EpochMs,
): KeepWarmMetrics {
  registry.gauge(
    'certificate_expiry_seconds',
    'Time until the first of all certificates that were seen ends.',
    [],
    (gauge) => {
      const earliest = earliestExpiry()
      if (earliest === undefined) gauge.remove()
      else gauge.set((earliest - now()) / 1_000)
    },
    'min',
  )
  return {
    handshakes: registry.counter(
      'keep_warm_handshakes_total',
      'Handshakes with Caddy by what they gave.',
      ['outcome'],
    ),
  }
}

/** What reading Caddy's log counts. */
export type CaddyLogMetrics = {
  readonly acmeErrors: Counter<'type'>
  readonly caddyLogLines: Counter<'outcome'>
}

/** Makes the metrics of whoever reads Caddy's log. */
export function createCaddyLogMetrics(registry: Metrics): CaddyLogMetrics {
  return {
    acmeErrors: registry.counter(
      'acme_errors_total',
      'Attempts to get a certificate that failed, by what was wrong.',
      ['type'],
    ),
    caddyLogLines: registry.counter(
      'caddy_log_lines_total',
      "Lines of Caddy's log by what became of them.",
      ['outcome'],
    ),
  }
}

/** Makes the metrics of delivering notices. */
export function createNotifyMetrics(registry: Metrics): NotifyMetrics {
  return {
    deliveries: registry.counter(
      'notice_deliveries_total',
      'Attempts to deliver a notice by how they ended.',
      ['channel', 'outcome'],
    ),
  }
}

/** How a check ended: as core said, or not at all. */
export const CHECK_ENDS = ['applied', 'hostname_in_use', 'superseded', 'failed'] as const

/** One of `CHECK_ENDS`. */
export type CheckEnd = (typeof CHECK_ENDS)[number]

/** What everything that Caddy talks to counts. */
export type AskMetrics = {
  readonly askDuration: Histogram<'decision'>
  readonly plainAnswers: Counter<'answer'>
}

/** Makes the metrics of ask; those about the hostnames are read from `table` on each scrape. */
export function createAskMetrics(
  registry: Metrics,
  table: HostnameTable,
  now: () => EpochMs,
): AskMetrics {
  registry.gauge('domains_by_status', 'Hostnames by status.', ['status'], (gauge) => {
    const counts = table.countByStatus()
    for (const status of DOMAIN_STATUS_NAMES) gauge.set({ status }, counts[status])
  })
  registry.gauge(
    'ask_snapshot_age_seconds',
    'Time since the hostnames that ask answers from were last known to be current.',
    [],
    (gauge) => {
      if (table.currentAt === undefined) gauge.remove()
      else gauge.set((now() - table.currentAt) / 1_000)
    },
  )
  registry.gauge(
    'core_stream_connected',
    'Whether the change stream from core is open (1) or not (0).',
    [],
    (gauge) => gauge.set(table.isFollowing ? 1 : 0),
  )
  return {
    askDuration: registry.histogram(
      'ask_duration_seconds',
      'Time to answer an ask.',
      ['decision'],
      ASK_BUCKETS_S,
    ),
    plainAnswers: registry.counter(
      'plain_http_answers_total',
      'Requests by plain HTTP by what they were answered.',
      ['answer'],
    ),
  }
}

/** Makes the metrics of the checks. */
export function createDomainManagerMetrics(registry: Metrics): DomainManagerMetrics {
  return {
    dnsLookups: registry.counter('dns_lookups_total', 'DNS lookups by server and outcome.', [
      'server',
      'outcome',
    ]),
    checkLag: registry.histogram(
      'health_check_lag_seconds',
      'How long after it was due a check began.',
      [],
      LAG_BUCKETS_S,
    ),
    checks: registry.counter('domain_checks_total', 'Checks of domains by how they ended.', [
      'outcome',
    ]),
  }
}

/** Names what a lookup gave, for the label `outcome`. */
export function lookupOutcome(answer: DnsAnswer): string {
  return answer.kind === 'failed' ? answer.failure : answer.kind
}

const ASK_BUCKETS_S = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.1, 1]
const LAG_BUCKETS_S = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600]
