import type { CertificateFacts } from '@fingerpost/model/certificate'
import type { CaaObservation, ProbeObservation } from '@fingerpost/model/domain-check'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { RoutingObservation } from './routing-observation.ts'

/** What decides whether a domain is probed. */
export type ProbedDomain = {
  readonly status: DomainStatus
  /** What the last check stored. */
  readonly observations: { readonly probe: ProbeObservation }
}

/**
 * Shortest pause between two probes, and between two looks at CAA, of a domain that
 * somebody waits for: until DNS leads here it is another server that is fetched from.
 */
export const WAITING_LOOK_MS: DurationMs = 30_000

/** How often a hostname that DNS leads here is probed all the same. */
export const WELL_PROBE_MS: DurationMs = 3_600_000

/**
 * Decides whether a check probes the hostname by HTTP.
 *
 * The probe has to speak for a domain that would lose its routing by DNS, each time;
 * where DNS leads here it only finds what else is wrong, now and then.
 */
export function isProbeDue(
  { status, observations }: ProbedDomain,
  dns: Pick<RoutingObservation, 'kind'>,
  now: EpochMs,
): boolean {
  const { checkedAt, state } = observations.probe
  return isOlder(checkedAt, probePauseMs(status, dns, state), now)
}

/** Decides whether a check looks at CAA: with each health check, but not every few seconds. */
export function isCaaDue({ checkedAt }: Pick<CaaObservation, 'checkedAt'>, now: EpochMs): boolean {
  return isOlder(checkedAt, WAITING_LOOK_MS, now)
}

/**
 * Decides whether CAA keeps a domain from its first certificate without core having been told. Who
 * tells it looks at CAA itself, however short ago that was: the answers go with it as evidence.
 */
export function isRefusalUntold(
  {
    status,
    certificate,
  }: { readonly status: DomainStatus; readonly certificate: CertificateFacts },
  caa: Pick<CaaObservation, 'state'>,
): boolean {
  if (!DOMAIN_STATUSES[status].allowsCertificate || certificate.seen !== undefined) return false
  return caa.state === 'forbids' && certificate.error?.code !== 'caa'
}

function probePauseMs(
  status: DomainStatus,
  { kind }: Pick<RoutingObservation, 'kind'>,
  probed: ProbeObservation['state'],
): DurationMs {
  if (kind === 'points_here' && probed === 'reached') return WELL_PROBE_MS
  return status === 'active' || status === 'degraded' ? 0 : WAITING_LOOK_MS
}

function isOlder(checkedAt: EpochMs | undefined, ms: DurationMs, now: EpochMs): boolean {
  // Why before as well: a clock that was set back must not put a look off.
  return checkedAt === undefined || now - checkedAt >= ms || now < checkedAt
}
