import type { CertificateStatus } from '@fingerpost/model/certificate'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'

/** What the alternates of a group can do: serve the primary's links, or redirect to it. */
export const ALTERNATES_MODES = ['serve', 'redirect'] as const

/** One of `ALTERNATES_MODES`. */
export type AlternatesMode = (typeof ALTERNATES_MODES)[number]

/** A group's primary, as far as its alternates depend on it. */
export type GroupPrimary = {
  readonly hostname: Hostname
  readonly status: DomainStatus
  readonly certificate: CertificateStatus
}

/**
 * Decides where an alternate redirects to; undefined: it serves the primary's
 * links itself.
 *
 * An alternate works for as long as its own hostname does. So it never sends
 * visitors to a primary that may not answer them, by TLS or at all, or that others hold by now.
 */
export function alternateRedirectsTo(
  mode: AlternatesMode,
  primary: GroupPrimary,
): Hostname | undefined {
  const answers = ANSWERS_VISITORS[primary.status] && MAY_ANSWER_BY_TLS[primary.certificate]
  return mode === 'redirect' && answers ? primary.hostname : undefined
}

/** Whether the records of a hostname were seen to lead here, when they were last looked at. */
const ANSWERS_VISITORS: Readonly<Record<DomainStatus, boolean>> = {
  pending_verification: false,
  verified: false,
  active: true,
  degraded: false,
  suspended: false,
}

/** Whether visitors may get a certificate, as far as anybody knows. */
const MAY_ANSWER_BY_TLS: Readonly<Record<CertificateStatus, boolean>> = {
  // Why: nothing was ever heard of it, as of names that need none, so nothing speaks against it.
  none: true,
  issuing: false,
  issued: true,
  // Why also while an older one is valid: it ends at an instant that edges are not told.
  failing: false,
}
