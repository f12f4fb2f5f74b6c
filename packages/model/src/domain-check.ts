import type { EpochMs } from './time.ts'

/** What a check found of one DNS record; `unknown` says nothing about the record. */
export const RECORD_STATES = ['missing', 'found', 'wrong', 'unknown'] as const

/** One of `RECORD_STATES`. */
export type RecordState = (typeof RECORD_STATES)[number]

/** What the last look at one DNS record gave. */
export type RecordObservation = {
  readonly state: RecordState
  /** The values that were found, as published. */
  readonly found: readonly string[]
  /** Undefined: never looked at. */
  readonly checkedAt: EpochMs | undefined
}

/** What the checks know of the two records that a domain needs. */
export type DomainObservations = {
  /** CNAME, or A and AAAA, that lead to us. */
  readonly routing: RecordObservation
  /** TXT that carries the verification token. */
  readonly ownership: RecordObservation
}

/** Why a domain is as it is, for machines; the closed list. */
export const DOMAIN_REASONS = [
  'not_checked_yet',
  'txt_not_found',
  'txt_wrong',
  'txt_via_cname',
  'dns_unknown',
  'hostname_in_use',
  'ownership_proved',
  'routing_missing',
  'routing_elsewhere',
  'routing_ok',
  'routing_lost',
  'grace_expired',
  'local_name',
] as const

/** One of `DOMAIN_REASONS`. */
export type DomainReason = (typeof DOMAIN_REASONS)[number]

/** A reason with its sentence for people. */
export type DomainReasonMessage = { readonly code: DomainReason; readonly message: string }
