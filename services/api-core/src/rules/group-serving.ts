import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'

/** What the alternates of a group can do: serve the primary's links, or redirect to it. */
export const ALTERNATES_MODES = ['serve', 'redirect'] as const

/** One of `ALTERNATES_MODES`. */
export type AlternatesMode = (typeof ALTERNATES_MODES)[number]

/** A group's primary, as far as its alternates depend on it. */
export type GroupPrimary = { readonly hostname: Hostname; readonly status: DomainStatus }

/**
 * Decides where an alternate redirects to; undefined: it serves the primary's
 * links itself.
 *
 * An alternate works for as long as its own hostname does. So it never sends
 * visitors to a primary that may not answer them, or that others hold by now.
 */
export function alternateRedirectsTo(
  mode: AlternatesMode,
  primary: GroupPrimary,
): Hostname | undefined {
  return mode === 'redirect' && ANSWERS_VISITORS[primary.status] ? primary.hostname : undefined
}

/** Whether the records of a hostname were seen to lead here, when they were last looked at. */
const ANSWERS_VISITORS: Readonly<Record<DomainStatus, boolean>> = {
  pending_verification: false,
  verified: false,
  active: true,
  degraded: false,
  suspended: false,
}
