import type { DomainObservations } from '@fingerpost/model/domain-check'
import type { DomainStatus } from '@fingerpost/model/domain-status'

/** What decides whether a deleted domain is looked at further. */
export type DeletedDomain = {
  readonly status: DomainStatus
  readonly observations: Pick<DomainObservations, 'routing' | 'probe'>
  /** Whether its name always means the machine that asks. */
  readonly isLocal: boolean
}

/**
 * Decides whether DNS may lead here after a domain was deleted, so that its
 * tombstone is looked at until it does not.
 *
 * A claim that never held its hostname leaves nothing behind. What could not be
 * told counts as leading here: a look costs little, a forgotten CNAME much.
 */
export function mayLeadHere({ status, observations, isLocal }: DeletedDomain): boolean {
  if (isLocal) return false
  const { routing, probe } = observations
  const isHere = routing.state === 'found' || probe.state === 'reached' || probe.state === 'partly'
  const isElsewhere = routing.state === 'missing' || routing.state === 'wrong'
  switch (status) {
    case 'pending_verification':
      return false
    case 'active':
      // Why whatever the last look saw: a loss that was confirmed would have made it degraded.
      return true
    case 'verified':
    case 'degraded':
    case 'suspended':
      return isHere || !isElsewhere
    default:
      return status satisfies never
  }
}
