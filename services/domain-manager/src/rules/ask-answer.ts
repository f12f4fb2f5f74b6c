import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { EpochMs } from '@fingerpost/model/time'

/** What an ask can be answered, with its HTTP status. */
export const ASK_DECISIONS = {
  allowed: 200,
  not_permitted: 403,
  not_known: 404,
  not_a_hostname: 400,
  cannot_tell: 503,
} as const

/** One of `ASK_DECISIONS`. */
export type AskDecision = keyof typeof ASK_DECISIONS

/** Why an ask is answered as it is: the domain's status, or why there is none. */
export type AskReason =
  DomainStatus | 'unknown_hostname' | 'not_a_hostname' | 'no_snapshot' | 'held_back'

/** A decision with its reason, for machines and for people. */
export type AskAnswer = {
  readonly decision: AskDecision
  readonly reason: AskReason
  readonly message: string
  /** When the answer can become another one by itself; unset: it does not. */
  readonly retryAt?: EpochMs
}

/** The answer to an ask that does not name exactly one hostname. */
export const NOT_A_HOSTNAME: AskAnswer = Object.freeze({
  decision: 'not_a_hostname',
  reason: 'not_a_hostname',
  message: 'The parameter "domain" must name exactly one hostname.',
})

/**
 * Decides whether Caddy may load, obtain or renew a certificate for a hostname.
 * Makes nothing: each answer exists once.
 *
 * @param status what is known of the hostname; undefined: nobody has it
 * @param isLoaded whether the hostnames were ever read; before that nothing can be told
 */
export function answerAsk(status: DomainStatus | undefined, isLoaded: boolean): AskAnswer {
  if (!isLoaded) return NO_SNAPSHOT
  return status === undefined ? UNKNOWN_HOSTNAME : ANSWERS[status]
}

/** The answer for a permitted hostname that is held back until `retryAt`. */
export function heldBack(message: string, retryAt: EpochMs): AskAnswer {
  return { decision: 'not_permitted', reason: 'held_back', message, retryAt }
}

// Why 503 and not 403: Caddy refuses either way, but "we do not know yet" must
// not look like "the customer is not allowed".
const NO_SNAPSHOT: AskAnswer = Object.freeze({
  decision: 'cannot_tell',
  reason: 'no_snapshot',
  message: 'The hostnames were never read from core, and there is no snapshot of them.',
})

const UNKNOWN_HOSTNAME: AskAnswer = Object.freeze({
  decision: 'not_known',
  reason: 'unknown_hostname',
  message: 'Nobody has this hostname.',
})

const ANSWERS: Readonly<Record<DomainStatus, AskAnswer>> = {
  pending_verification: answerOf('pending_verification'),
  verified: answerOf('verified'),
  active: answerOf('active'),
  degraded: answerOf('degraded'),
  suspended: answerOf('suspended'),
}

function answerOf(status: DomainStatus): AskAnswer {
  const isAllowed = DOMAIN_STATUSES[status].allowsCertificate
  return Object.freeze({
    decision: isAllowed ? 'allowed' : 'not_permitted',
    reason: status,
    message: `A domain that is ${status} ${isAllowed ? 'may have a' : 'gets no'} certificate.`,
  })
}
