import type { CertificateStatus } from '@fingerpost/model/certificate'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { EpochMs } from '@fingerpost/model/time'

/** What a visitor who came by plain HTTP is told. */
export type PlainAnswer =
  | 'redirect'
  | 'awaiting_records'
  | 'awaiting_certificate'
  | 'certificate_failing'
  | 'suspended'
  | 'unknown_hostname'

/** What is known of the hostname that was asked for by plain HTTP. */
export type PlainQuestion = {
  /** Undefined: nobody has it. */
  readonly known:
    | {
        readonly status: DomainStatus
        readonly certificate: CertificateStatus
        readonly mayHoldUntil: EpochMs | undefined
      }
    | undefined
  /**
   * Until when Caddy's log says that there may be a certificate. Core may not have seen one that
   * is older than its looks, and hears of its renewals all the same.
   */
  readonly heldByLogUntil: EpochMs | undefined
  /** Whether the hostnames were ever read. */
  readonly isLoaded: boolean
  /** Whether there is news of any certificate: else nobody looks at them. */
  readonly hasCertificateNews: boolean
  /** Whether the hostname is one of this machine's own, under `localhost`. */
  readonly isLocal: boolean
}

/**
 * Decides what plain HTTP is answered with: a redirect to HTTPS where HTTPS works,
 * a page that says what is awaited where it does not yet. Where it cannot be told,
 * the redirect: it must not be turned into a page for a site that works.
 */
export function answerPlain(question: PlainQuestion, now: EpochMs): PlainAnswer {
  const { known, heldByLogUntil = 0, isLoaded, hasCertificateNews, isLocal } = question
  if (!isLoaded) return 'redirect'
  if (known === undefined) return 'unknown_hostname'
  const { status, certificate, mayHoldUntil = 0 } = known
  if (!DOMAIN_STATUSES[status].allowsCertificate) {
    return DOMAIN_STATUSES[status].holdsHostname ? 'suspended' : 'awaiting_records'
  }
  if (isLocal || mayHoldUntil > now || heldByLogUntil > now) return 'redirect'
  switch (certificate) {
    case 'issued':
      return 'redirect'
    case 'issuing':
      return 'awaiting_certificate'
    case 'failing':
      return 'certificate_failing'
    case 'none':
      // Why not for others: an active domain of which nobody has news may well have one.
      return status === 'verified' && hasCertificateNews ? 'awaiting_certificate' : 'redirect'
    default:
      return certificate satisfies never
  }
}
