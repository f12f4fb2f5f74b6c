import {
  CERTIFICATE_ERROR_CODES,
  CERTIFICATE_MESSAGE_LENGTH_MAX,
  NO_CERTIFICATE,
  type CertificateError,
  type CertificateFacts,
  type CertificateNews,
  type SeenCertificate,
} from '@fingerpost/model/certificate'
import { AppError } from '@fingerpost/model/errors'
import type { EpochMs } from '@fingerpost/model/time'
import type { CertificateRecord } from './core-api.ts'
import type {
  CertificateError as ErrorToWire,
  CertificateError__Output as ErrorFromWire,
} from './generated/fingerpost/core/v1/CertificateError.ts'
import type {
  CertificateFacts as FactsToWire,
  CertificateFacts__Output as FactsFromWire,
} from './generated/fingerpost/core/v1/CertificateFacts.ts'
import type {
  RecordCertificateRequest,
  RecordCertificateRequest__Output,
} from './generated/fingerpost/core/v1/RecordCertificateRequest.ts'
import type {
  SeenCertificate as SeenToWire,
  SeenCertificate__Output as SeenFromWire,
} from './generated/fingerpost/core/v1/SeenCertificate.ts'
import { evidenceFromWire, evidenceToWire } from './observation-mapping.ts'
import {
  certificateStatusFromWire,
  certificateStatusToWire,
  hostnameFromWire,
  integerFromWire,
} from './wire-values.ts'

/** Gives the message of what is known of a certificate. */
export function certificateToWire(facts: CertificateFacts): FactsToWire {
  const { status, seen, error, nextAttemptAt, checkedAt } = facts
  return {
    status: certificateStatusToWire(status),
    seen: seen === undefined ? null : seenToWire(seen),
    error: error === undefined ? null : errorToWire(error),
    ...(nextAttemptAt !== undefined && { nextAttemptAtMs: nextAttemptAt }),
    ...(checkedAt !== undefined && { checkedAtMs: checkedAt }),
  }
}

/**
 * Reads what is known of a certificate; absent: nothing is.
 *
 * @throws AppError `internal_error`
 */
export function certificateFromWire(message: FactsFromWire | null): CertificateFacts {
  if (message === null) return NO_CERTIFICATE
  return {
    status: certificateStatusFromWire(message.status) ?? refuse('certificate.status'),
    seen: message.seen === null ? undefined : seenFromWire(message.seen),
    error: message.error === null ? undefined : errorFromWire(message.error),
    nextAttemptAt: optionalInstant(message.nextAttemptAtMs, 'certificate.next_attempt_at_ms'),
    checkedAt: optionalInstant(message.checkedAtMs, 'certificate.checked_at_ms'),
  }
}

/** Gives the message of what was learned of a certificate. */
export function certificateRecordToWire(record: CertificateRecord): RecordCertificateRequest {
  const { hostname, seenAt, news, evidence } = record
  const head = { hostname, seenAtMs: seenAt, evidence: evidenceToWire(evidence) }
  switch (news.kind) {
    case 'seen':
      return { ...head, seen: seenToWire(news.certificate) }
    case 'issuing':
      return { ...head, issuing: {} }
    case 'issued':
      return { ...head, issued: {} }
    case 'failed': {
      const { nextAttemptAt } = news
      const next = nextAttemptAt !== undefined && { nextAttemptAtMs: nextAttemptAt }
      return { ...head, failed: { error: errorToWire(news.error), ...next } }
    }
    default:
      return news satisfies never
  }
}

/**
 * Reads what was learned of a certificate.
 *
 * @throws AppError `body_invalid`, `hostname_invalid`
 */
export function certificateRecordFromWire(
  message: RecordCertificateRequest__Output,
): CertificateRecord {
  return {
    hostname: hostnameFromWire(message.hostname) ?? refuse('hostname', 'hostname_invalid'),
    seenAt: integerFromWire(message.seenAtMs) ?? refuse('seen_at_ms', 'body_invalid'),
    news: newsFromWire(message),
    evidence: evidenceFromWire(message.evidence) ?? refuse('evidence', 'body_invalid'),
  }
}

function newsFromWire(message: RecordCertificateRequest__Output): CertificateNews {
  switch (message.news) {
    case 'seen':
      return { kind: 'seen', certificate: seenFromWire(message.seen ?? null, 'body_invalid') }
    case 'issuing':
      return { kind: 'issuing' }
    case 'issued':
      return { kind: 'issued' }
    case 'failed':
      return {
        kind: 'failed',
        error: errorFromWire(message.failed?.error ?? null, 'body_invalid'),
        nextAttemptAt: optionalInstant(
          message.failed?.nextAttemptAtMs,
          'failed.next_attempt_at_ms',
          'body_invalid',
        ),
      }
    case undefined:
      return refuse('news', 'body_invalid')
    default:
      return message.news satisfies never
  }
}

function seenToWire({ issuer, keyType, notBefore, notAfter }: SeenCertificate): SeenToWire {
  return {
    issuer: short(issuer),
    keyType: short(keyType),
    notBeforeMs: notBefore,
    notAfterMs: notAfter,
  }
}

function seenFromWire(message: SeenFromWire | null, code?: RefusalCode): SeenCertificate {
  if (message === null) return refuse('seen', code)
  const { issuer, keyType } = message
  if (isTooLong(issuer) || isTooLong(keyType)) refuse('seen', code)
  return {
    issuer,
    keyType,
    notBefore: integerFromWire(message.notBeforeMs) ?? refuse('seen.not_before_ms', code),
    notAfter: integerFromWire(message.notAfterMs) ?? refuse('seen.not_after_ms', code),
  }
}

function errorToWire({ code, message }: CertificateError): ErrorToWire {
  return { code, message: short(message) }
}

function errorFromWire(message: ErrorFromWire | null, code?: RefusalCode): CertificateError {
  if (message === null || isTooLong(message.message)) return refuse('error', code)
  const known = CERTIFICATE_ERROR_CODES.find((candidate) => candidate === message.code)
  return { code: known ?? refuse('error.code', code), message: message.message }
}

function optionalInstant(
  value: number | undefined,
  field: string,
  code?: RefusalCode,
): EpochMs | undefined {
  return value === undefined ? undefined : (integerFromWire(value) ?? refuse(field, code))
}

function short(text: string): string {
  return text.toWellFormed().slice(0, CERTIFICATE_MESSAGE_LENGTH_MAX).toWellFormed()
}

function isTooLong(text: string): boolean {
  return text.length > CERTIFICATE_MESSAGE_LENGTH_MAX
}

type RefusalCode = 'body_invalid' | 'hostname_invalid' | 'internal_error'

function refuse(field: string, code: RefusalCode = 'internal_error'): never {
  throw new AppError(code, `The field "${field}" is missing or not usable.`, { facts: { field } })
}
