/**
 * Every status a domain can have, and what each one permits. Callers ask this
 * table; they never compare statuses themselves.
 *
 * - `servesRedirects`: visitors get the domain's links
 * - `allowsCertificate`: Caddy may load, obtain or renew a certificate
 * - `holdsHostname`: no other workspace can hold the same hostname meanwhile
 */
export const DOMAIN_STATUSES = {
  pending_verification: { servesRedirects: false, allowsCertificate: false, holdsHostname: false },
  verified: { servesRedirects: true, allowsCertificate: true, holdsHostname: true },
  active: { servesRedirects: true, allowsCertificate: true, holdsHostname: true },
  degraded: { servesRedirects: true, allowsCertificate: true, holdsHostname: true },
  suspended: { servesRedirects: false, allowsCertificate: false, holdsHostname: true },
} as const

/** One of the statuses of `DOMAIN_STATUSES`. */
export type DomainStatus = keyof typeof DOMAIN_STATUSES

/** All statuses, in the order of a domain's life. */
export const DOMAIN_STATUS_NAMES = Object.keys(DOMAIN_STATUSES) as readonly DomainStatus[]

/** Tells whether `text`, from outside, is the name of a status. */
export function isDomainStatus(text: string): text is DomainStatus {
  return Object.hasOwn(DOMAIN_STATUSES, text)
}
