import type { DomainReasonMessage } from '@fingerpost/model/domain-check'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import { lossAgeMsMax, type LossSettings } from './domain-state.ts'

/** A claim to a hostname that another workspace's domain holds. */
export type RivalledClaim = {
  /** The domain that holds the hostname. */
  readonly holderId: string
  /** When the takeover was first in sight; undefined: it is not. */
  readonly takeoverSeenAt: EpochMs | undefined
}

/** What one look said of both TXT values: the claim's own and the holder's. */
export type RivalLook = {
  readonly isProved: boolean
  readonly holderToken: 'present' | 'absent' | 'unknown'
}

/** What becomes of a claim that proved the hostname while another domain holds it. */
export type TakeoverOutcome = {
  /** Set when the hostname moves now. */
  readonly takesOverFrom: string | undefined
  readonly takeoverSeenAt: EpochMs | undefined
  readonly reason: DomainReasonMessage
}

/**
 * Decides whether a hostname moves to a claim that proved it.
 *
 * It does when the claim's TXT value is published and the holder's is not, seen in
 * two looks at least `confirmMs` apart. A look that cannot tell leaves everything as
 * it is: the holder loses nothing by a name server that fails.
 *
 * @param confirmMs how much later the second look has to be, at least
 */
export function decideTakeover(
  claim: RivalledClaim,
  look: RivalLook,
  now: EpochMs,
  settings: Pick<LossSettings, 'confirmMs' | 'healthIntervalMs'>,
): TakeoverOutcome {
  const { takeoverSeenAt, holderId } = claim
  const { isProved, holderToken } = look
  if (!isProved || holderToken === 'present') {
    return { takesOverFrom: undefined, takeoverSeenAt: undefined, reason: BOTH_PROVED }
  }
  if (holderToken === 'unknown') {
    return { takesOverFrom: undefined, takeoverSeenAt, reason: CANNOT_TELL }
  }
  const age = takeoverSeenAt === undefined ? undefined : now - takeoverSeenAt
  if (age === undefined || age < 0 || age > lossAgeMsMax(settings)) {
    return { takesOverFrom: undefined, takeoverSeenAt: now, reason: seenOnce(settings.confirmMs) }
  }
  if (age < settings.confirmMs) {
    return { takesOverFrom: undefined, takeoverSeenAt, reason: seenOnce(settings.confirmMs) }
  }
  return { takesOverFrom: holderId, takeoverSeenAt: undefined, reason: MOVED }
}

const BOTH_PROVED: DomainReasonMessage = {
  code: 'hostname_in_use',
  message:
    'Your TXT record is right, but another workspace of this server holds the hostname and its ' +
    'TXT record is published, too. Remove the other value from DNS, and the hostname moves here.',
}

const CANNOT_TELL: DomainReasonMessage = {
  code: 'hostname_in_use',
  message:
    'Your TXT record is right, but another workspace of this server holds the hostname, and the ' +
    'name servers do not agree yet on whether its TXT record is gone.',
}

const MOVED: DomainReasonMessage = {
  code: 'ownership_proved',
  message:
    'Your TXT record proves ownership, and that of the workspace that held the hostname is gone.',
}

function seenOnce(confirmMs: DurationMs): DomainReasonMessage {
  const wait = Math.ceil(confirmMs / 1_000)
  return {
    code: 'hostname_in_use',
    message:
      'Your TXT record is right, and that of the workspace that holds the hostname is gone. The ' +
      `hostname moves here when that is seen again, at least ${wait} s later.`,
  }
}
