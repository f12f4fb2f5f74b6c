import type { EpochMs } from './time.ts'

/**
 * What is known of a hostname's certificate.
 *
 * - `none`: none was seen, and none is being obtained
 * - `issuing`: the first one is being obtained, or waits for its slot
 * - `issued`: a valid one was seen
 * - `failing`: the CA refuses, or a renewal is overdue; an older one may still be valid
 */
export const CERTIFICATE_STATUSES = ['none', 'issuing', 'issued', 'failing'] as const

/** One of `CERTIFICATE_STATUSES`. */
export type CertificateStatus = (typeof CERTIFICATE_STATUSES)[number]

/**
 * Why no certificate can be had, for machines.
 *
 * The first six are what the CA says; `held_back` is our own budget, `renewal_overdue`
 * a certificate in the last third of its life, `unknown` all else.
 *
 * @see RFC 8555 section 6.7
 */
export const CERTIFICATE_ERROR_CODES = [
  'caa',
  'dns',
  'connection',
  'rate_limited',
  'rejected_identifier',
  'unauthorized',
  'held_back',
  'renewal_overdue',
  'unknown',
] as const

/** One of `CERTIFICATE_ERROR_CODES`. */
export type CertificateErrorCode = (typeof CERTIFICATE_ERROR_CODES)[number]

/** Longest message of a certificate's error in UTF-16 code units. */
export const CERTIFICATE_MESSAGE_LENGTH_MAX = 1_000

/** Why no certificate can be had, with a sentence that says what to do. */
export type CertificateError = { readonly code: CertificateErrorCode; readonly message: string }

/** A certificate as it was seen in a handshake. */
export type SeenCertificate = {
  /** Common name or organisation of who signed it. */
  readonly issuer: string
  /** For example `P-256` or `RSA-2048`. */
  readonly keyType: string
  readonly notBefore: EpochMs
  readonly notAfter: EpochMs
}

/** All that is known of a hostname's certificate. */
export type CertificateFacts = {
  readonly status: CertificateStatus
  /** The newest one that was seen; undefined: none ever. */
  readonly seen: SeenCertificate | undefined
  readonly error: CertificateError | undefined
  /** When the next attempt can be made; undefined: at any time. */
  readonly nextAttemptAt: EpochMs | undefined
  /** When there last was news of it. */
  readonly checkedAt: EpochMs | undefined
}

/** Nothing is known of a certificate. */
export const NO_CERTIFICATE: CertificateFacts = Object.freeze({
  status: 'none',
  seen: undefined,
  error: undefined,
  nextAttemptAt: undefined,
  checkedAt: undefined,
})

/** What can be learned of a hostname's certificate. */
export type CertificateNews =
  /** A handshake presented it. */
  | { readonly kind: 'seen'; readonly certificate: SeenCertificate }
  /** An order for it was begun. */
  | { readonly kind: 'issuing' }
  /** The CA issued it; it was not seen in a handshake yet. */
  | { readonly kind: 'issued' }
  /** It could not be had. */
  | {
      readonly kind: 'failed'
      readonly error: CertificateError
      readonly nextAttemptAt: EpochMs | undefined
    }
