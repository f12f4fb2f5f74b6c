import type { DomainReasonMessage } from '@fingerpost/model/domain-check'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'

/** What is known of a claim's rivals, and of who had its hostname before. */
export type ClaimSurroundings = {
  readonly hostname: string
  /** Whether a domain of another workspace holds the hostname. */
  readonly isHeldByOther: boolean
  /** Whether DNS may still lead to a deleted domain of another workspace. */
  readonly hasForeignTombstone: boolean
}

/**
 * Decides why a domain is as it is, after a check that changed no status: what
 * the check says, unless the domain is a claim and its surroundings say more.
 *
 * A claim that lost its hostname goes on saying so while another workspace holds
 * it. A first look at "no TXT record" must not hide why redirects stopped.
 */
export function reasonAfterCheck(
  before: { readonly status: DomainStatus; readonly reason: DomainReasonMessage },
  checked: DomainReasonMessage,
  surroundings: ClaimSurroundings,
): DomainReasonMessage {
  if (DOMAIN_STATUSES[before.status].holdsHostname) return checked
  const isProved = checked.code === 'ownership_proved' || checked.code === 'hostname_in_use'
  if (isProved) return checked
  if (before.reason.code === 'ownership_moved' && surroundings.isHeldByOther) return before.reason
  return withEarlierUse(checked, surroundings)
}

/** Adds to a claim's reason that DNS still leads to an earlier use of its hostname. */
export function withEarlierUse(
  reason: DomainReasonMessage,
  { hostname, hasForeignTombstone }: Pick<ClaimSurroundings, 'hostname' | 'hasForeignTombstone'>,
): DomainReasonMessage {
  if (!hasForeignTombstone) return reason
  const message =
    `${reason.message} DNS of "${hostname}" may still lead to an earlier use of it on this ` +
    'server; that proves nothing, only the TXT value of this very domain does.'
  return { code: reason.code, message }
}

/** Tells a claim that was proved why it does not have its hostname, and what to do. */
export function hostnameInUse(hostname: string): DomainReasonMessage {
  return {
    code: 'hostname_in_use',
    message:
      `Your TXT record is right, but another workspace of this server holds "${hostname}". If ` +
      'the hostname is yours, take every other TXT value away from that name and keep yours: ' +
      'the hostname moves here after that was seen twice.',
  }
}

/** Tells the domain that lost its hostname why, and how to get it back. */
export function ownershipMoved(hostname: string): DomainReasonMessage {
  return {
    code: 'ownership_moved',
    message:
      `"${hostname}" moved to another workspace of this server, which published its own TXT ` +
      'record while the one of this domain was gone. To get it back, publish the TXT record of ' +
      'this domain again and take every other TXT value away from that name.',
  }
}

/** Tells the domain that took a hostname over what it has now. */
export function ownershipTaken(hostname: string): string {
  return (
    `"${hostname}" moved here from another workspace of this server: the TXT record of this ` +
    'domain was seen twice, and the one of the other workspace was gone.'
  )
}
