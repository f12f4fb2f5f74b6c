import type { DomainReasonMessage } from '@fingerpost/model/domain-check'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import { isAtOrUnder, type Hostname } from '@fingerpost/model/hostname'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** How a domain begins. */
export type InitialDomain = {
  readonly status: DomainStatus
  readonly reason: DomainReasonMessage
  /** Undefined: there is nothing to check. */
  readonly nextCheckAt: EpochMs | undefined
  readonly fastUntil: EpochMs
}

/** How long a domain is checked every few seconds after an add or a request for a check. */
export const FAST_MS: DurationMs = 600_000

/**
 * Decides how a domain begins: waiting for its proof, or, under `localhost`,
 * served at once, since no DNS can prove or route such a name.
 */
export function initialDomain(hostname: Hostname, now: EpochMs): InitialDomain {
  if (isLocalName(hostname)) {
    return {
      status: 'active',
      reason: {
        code: 'local_name',
        message: `"${hostname}" always means this machine, so there is nothing to prove.`,
      },
      nextCheckAt: undefined,
      fastUntil: now,
    }
  }
  return {
    status: 'pending_verification',
    reason: { code: 'not_checked_yet', message: 'The DNS records have not been looked up yet.' },
    ...checkAtOnce(now),
  }
}

/** Tells whether a name always means the machine that asks. @see RFC 6761 section 6.3 */
export function isLocalName(hostname: Hostname): boolean {
  return isAtOrUnder(hostname, 'localhost')
}

/** Gives when a domain is checked after its owner asked for it. */
export function checkAtOnce(now: EpochMs): {
  readonly nextCheckAt: EpochMs
  readonly fastUntil: EpochMs
} {
  return { nextCheckAt: now, fastUntil: now + FAST_MS }
}
