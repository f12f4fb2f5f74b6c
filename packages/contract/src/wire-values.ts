import { CERTIFICATE_STATUSES, type CertificateStatus } from '@fingerpost/model/certificate'
import { DOMAIN_REASONS, type DomainReason } from '@fingerpost/model/domain-check'
import { parseDestination, type Destination } from '@fingerpost/model/destination'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { parseSlug, type Slug } from '@fingerpost/model/slug'
import type { CertificateStatus as WireCertificate } from './generated/fingerpost/core/v1/CertificateStatus.ts'
import type { DomainStatus as WireStatus } from './generated/fingerpost/core/v1/DomainStatus.ts'

/** Gives the hostname, or undefined when the text is not in canonical form. */
export function hostnameFromWire(text: string): Hostname | undefined {
  const hostname = canonicalHostname(text)
  return hostname === text ? hostname : undefined
}

/** Gives the slug, or undefined when the text is none or not in NFC. */
export function slugFromWire(text: string): Slug | undefined {
  const parsed = parseSlug(text)
  return parsed.ok && parsed.slug === text ? parsed.slug : undefined
}

/** Gives the destination, or undefined when the text is not a serialised http or https URL. */
export function destinationFromWire(text: string): Destination | undefined {
  const parsed = parseDestination(text)
  return parsed.ok && parsed.destination === text ? parsed.destination : undefined
}

/** Gives the number, or undefined when it lost precision on its way. */
export function integerFromWire(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}

/** Gives the status, or undefined when the name is `UNSPECIFIED` or not known. */
export function statusFromWire(name: string | number): DomainStatus | undefined {
  return STATUSES_BY_WIRE_NAME.get(name)
}

/** Gives the wire name of a status. */
export function statusToWire(status: DomainStatus): WireStatus & string {
  return WIRE_STATUSES[status]
}

/** Gives the certificate's status, or undefined when the name is not known. */
export function certificateStatusFromWire(name: string | number): CertificateStatus | undefined {
  return CERTIFICATE_STATUSES.find((status) => WIRE_CERTIFICATES[status] === name)
}

/** Gives the wire name of a certificate's status. */
export function certificateStatusToWire(status: CertificateStatus): WireCertificate & string {
  return WIRE_CERTIFICATES[status]
}

/** Gives the reason, or undefined when it is not in the closed list. */
export function reasonFromWire(text: string): DomainReason | undefined {
  return DOMAIN_REASONS.find((reason) => reason === text)
}

const WIRE_STATUSES = {
  pending_verification: 'DOMAIN_STATUS_PENDING_VERIFICATION',
  verified: 'DOMAIN_STATUS_VERIFIED',
  active: 'DOMAIN_STATUS_ACTIVE',
  degraded: 'DOMAIN_STATUS_DEGRADED',
  suspended: 'DOMAIN_STATUS_SUSPENDED',
} as const satisfies Record<DomainStatus, WireStatus>

const WIRE_CERTIFICATES = {
  none: 'CERTIFICATE_STATUS_UNSPECIFIED',
  issuing: 'CERTIFICATE_STATUS_ISSUING',
  issued: 'CERTIFICATE_STATUS_ISSUED',
  failing: 'CERTIFICATE_STATUS_FAILING',
} as const satisfies Record<CertificateStatus, WireCertificate>

const STATUSES_BY_WIRE_NAME: ReadonlyMap<string | number, DomainStatus> = new Map([
  [WIRE_STATUSES.pending_verification, 'pending_verification'],
  [WIRE_STATUSES.verified, 'verified'],
  [WIRE_STATUSES.active, 'active'],
  [WIRE_STATUSES.degraded, 'degraded'],
  [WIRE_STATUSES.suspended, 'suspended'],
])

/** Gives the length of a text in UTF-8 octets. */
export function octetLength(text: string): number {
  return Buffer.byteLength(text)
}

/** Gives as much of a text as fits into so many UTF-8 octets, well formed. */
export function cutToOctets(value: string, octetsMax: number): string {
  const text = value.toWellFormed()
  if (octetLength(text) <= octetsMax) return text
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(octetsMax))
  return text.slice(0, read)
}
