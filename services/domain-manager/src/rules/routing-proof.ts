import type { ProbeObservation } from '@fingerpost/model/domain-check'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import { isLoss } from './domain-state.ts'
import type { RoutingObservation } from './routing-observation.ts'

/** How long a probe that reached this server speaks for a hostname that cannot be probed now. */
export const PROOF_MS_MAX: DurationMs = 86_400_000

/**
 * Makes one observation of routing out of DNS and the HTTP probe.
 *
 * A probe that reached this server through every published address proves routing
 * whatever the records look like: behind a proxy, or in a zone that flattens. One that
 * reached it through some keeps a loss from being one. A probe that reached nothing
 * changes nothing: the network between may be at fault, and records that lead here do.
 * One that could not be tried says nothing, so that what was proved lately is not lost.
 *
 * @param before the probe that was stored by the check before
 */
export function provedRouting(
  dns: RoutingObservation,
  probe: ProbeObservation,
  before: ProbeObservation,
  now: EpochMs,
): RoutingObservation {
  const { state } = probe
  if (dns.kind === 'points_here') return dns
  if (state === 'reached') {
    const message = `${probe.message} So routing is seen, although not by its DNS records alone.`
    return { ...dns, kind: 'points_here', message }
  }
  if (!isLoss(dns)) return dns
  if (state === 'partly') return { ...dns, kind: 'points_partly', message: probe.message }
  if (lastingProbe(probe, before, now) === probe) return dns
  const message = `${probe.message} DNS alone does not tell: by HTTP the hostname led here lately.`
  return { ...dns, kind: 'unknown', message }
}

/**
 * Gives the probe that is stored: the one before, where this one could not be tried and that
 * one reached this server lately.
 */
export function lastingProbe(
  probe: ProbeObservation,
  before: ProbeObservation,
  now: EpochMs,
): ProbeObservation {
  if (probe.state !== 'unknown' || before.state !== 'reached') return probe
  const age = now - (before.checkedAt ?? -Infinity)
  return age >= 0 && age < PROOF_MS_MAX ? before : probe
}
