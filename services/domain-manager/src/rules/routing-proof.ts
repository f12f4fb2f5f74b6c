import type { ProbeObservation } from '@fingerpost/model/domain-check'
import type { RoutingObservation } from './routing-observation.ts'

/**
 * Makes one observation of routing out of DNS and the HTTP probe.
 *
 * A probe that reached this server through every published address proves routing
 * whatever the records look like: behind a proxy, or in a zone that flattens. One that
 * reached it through some keeps a loss from being one. A probe that reached nothing
 * changes nothing: the network between may be at fault, and records that lead here do.
 */
export function provedRouting(
  dns: RoutingObservation,
  probe: Pick<ProbeObservation, 'state' | 'message'>,
): RoutingObservation {
  const { state } = probe
  if (dns.kind === 'points_here') return dns
  if (state === 'reached') {
    const message = `${probe.message} So routing is seen, although not by its DNS records alone.`
    return { ...dns, kind: 'points_here', message }
  }
  if (state === 'partly' && (dns.kind === 'points_elsewhere' || dns.kind === 'missing')) {
    return { ...dns, kind: 'points_partly', message: probe.message }
  }
  return dns
}
