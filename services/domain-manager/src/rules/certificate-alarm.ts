import type {
  CertificateError,
  CertificateFacts,
  SeenCertificate,
} from '@fingerpost/model/certificate'
import type { Hostname } from '@fingerpost/model/hostname'
import { describeInstant, type DurationMs, type EpochMs } from '@fingerpost/model/time'

/** Caddy renews when this part of a certificate's life is left. */
export const RENEWAL_PART = 1 / 3

/** A renewal may be this part of the life late before somebody is alarmed: 3 days of 90. */
export const RENEWAL_SLACK_PART = 1 / 30

/**
 * Decides whether a certificate should have been renewed and was not.
 *
 * A handshake itself begins a renewal that is due, and shows the old certificate while it runs. So
 * one look alarms nobody: the same certificate must have been due at an earlier look, too.
 *
 * @param known what was known before this look
 * @param seen what this look showed
 */
export function renewalAlarm(
  known: CertificateFacts,
  seen: SeenCertificate,
  at: { readonly hostname: Hostname; readonly now: EpochMs },
): CertificateError | undefined {
  const dueAt = renewalDueAt(seen)
  const lateAt = dueAt + lifeMs(seen) * RENEWAL_SLACK_PART
  if (at.now < lateAt) return undefined
  if (known.seen?.notBefore !== seen.notBefore || known.seen.notAfter !== seen.notAfter) {
    return undefined
  }
  if (known.checkedAt === undefined || known.checkedAt < dueAt) return undefined
  return { code: 'renewal_overdue', message: overdueWords(at.hostname, dueAt) }
}

/** When Caddy should begin to renew a certificate. */
export function renewalDueAt(certificate: SeenCertificate): EpochMs {
  return certificate.notAfter - lifeMs(certificate) * RENEWAL_PART
}

function lifeMs({ notBefore, notAfter }: SeenCertificate): DurationMs {
  return Math.max(0, notAfter - notBefore)
}

function overdueWords(hostname: Hostname, dueAt: EpochMs): string {
  return (
    `The certificate of "${hostname}" was to be renewed at ${describeInstant(dueAt)} and was ` +
    'not. Make sure that its DNS leads here and that port 80 can be reached from everywhere; the ' +
    "operator of this server finds the cause in Caddy's log."
  )
}
