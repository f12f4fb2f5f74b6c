import type { CertificateFacts, CertificateNews } from '@fingerpost/model/certificate'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'

/** What is known of a certificate, and until when there may be one that has not expired. */
export type KnownCertificate = {
  readonly facts: CertificateFacts
  readonly mayHoldUntil: EpochMs | undefined
}

/**
 * How long a certificate that nobody has seen yet may be valid: no public CA issues for longer.
 *
 * @see CA/Browser Forum Baseline Requirements, section 6.3.2
 */
export const UNSEEN_CERTIFICATE_MS: DurationMs = 398 * 86_400_000

/**
 * Decides what is known of a certificate after news of it. Older news than what is known
 * changes nothing. A certificate that was once seen stays in the facts until a newer one is.
 */
export function nextCertificate(
  known: KnownCertificate,
  { news, seenAt }: { readonly news: CertificateNews; readonly seenAt: EpochMs },
): KnownCertificate {
  const { facts, mayHoldUntil } = known
  if (facts.checkedAt !== undefined && seenAt < facts.checkedAt) return known
  const told = { ...facts, checkedAt: seenAt }
  const isValid = facts.seen !== undefined && facts.seen.notAfter > seenAt
  switch (news.kind) {
    case 'seen': {
      const { certificate } = news
      const status = certificate.notAfter > seenAt ? 'issued' : 'failing'
      const next = {
        ...told,
        status,
        seen: certificate,
        error: undefined,
        nextAttemptAt: undefined,
      }
      return { facts: next as CertificateFacts, mayHoldUntil: certificate.notAfter }
    }
    case 'issuing':
      // Why not while one is valid: a renewal is nobody's business unless it fails.
      return { facts: isValid ? told : { ...told, status: 'issuing' }, mayHoldUntil }
    case 'issued':
      return {
        facts: { ...told, status: 'issued', error: undefined, nextAttemptAt: undefined },
        mayHoldUntil: seenAt + UNSEEN_CERTIFICATE_MS,
      }
    case 'failed': {
      const { error, nextAttemptAt } = news
      return { facts: { ...told, status: 'failing', error, nextAttemptAt }, mayHoldUntil }
    }
    default:
      return news satisfies never
  }
}
