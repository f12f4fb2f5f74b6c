import type { EpochMs } from './time.ts'

/** What a check found of one DNS record; `unknown` says nothing about the record. */
export const RECORD_STATES = ['missing', 'found', 'wrong', 'unknown'] as const

/** One of `RECORD_STATES`. */
export type RecordState = (typeof RECORD_STATES)[number]

/** A change of a record that not every server shows yet. */
export type Propagation = {
  /** Until when the older answer may be kept; undefined: not known. */
  readonly until: EpochMs | undefined
  /** The servers that still give it, as `ip:port`. */
  readonly servers: readonly string[]
}

/** What the last look at one DNS record gave. */
export type RecordObservation = {
  readonly state: RecordState
  /** The values that were found, as published. */
  readonly found: readonly string[]
  /** Undefined: never looked at. */
  readonly checkedAt: EpochMs | undefined
  /** What is probably wrong, and how to put it right; undefined: nothing that is recognised. */
  readonly hint: string | undefined
  /** Undefined: all servers that answered agree. */
  readonly propagation: Propagation | undefined
}

/** A record that no check has looked for. */
export const NEVER_LOOKED_AT: RecordObservation = Object.freeze({
  state: 'unknown',
  found: Object.freeze([]),
  checkedAt: undefined,
  hint: undefined,
  propagation: undefined,
})

/**
 * What fetching our own proof by HTTP from every published address gave.
 *
 * - `reached`: each address that can be tried from here answered with it; `partly`: only some did
 * - `elsewhere`: something else answered; `unreachable`: nothing did
 * - `unknown`: it could not be tried, which says nothing about the hostname
 */
export const PROBE_STATES = [
  'not_tried',
  'reached',
  'partly',
  'elsewhere',
  'unreachable',
  'unknown',
] as const

/** One of `PROBE_STATES`. */
export type ProbeState = (typeof PROBE_STATES)[number]

/** What the last probe of a hostname gave, with a sentence for people. */
export type ProbeObservation = {
  readonly state: ProbeState
  readonly message: string
  /** Undefined: never tried. */
  readonly checkedAt: EpochMs | undefined
}

/** Whether CAA records let our CA issue; `unknown` forbids nothing. */
export const CAA_STATES = ['not_checked', 'allows', 'forbids', 'unknown'] as const

/** One of `CAA_STATES`. */
export type CaaState = (typeof CAA_STATES)[number]

/** What the last look at CAA records gave, with sentences for people. */
export type CaaObservation = {
  readonly state: CaaState
  readonly message: string
  /** What can be done when they forbid; undefined: nothing has to be. */
  readonly fix: string | undefined
  /** Undefined: never looked at. */
  readonly checkedAt: EpochMs | undefined
}

/** What the checks know of a domain. */
export type DomainObservations = {
  /** CNAME, or A and AAAA, that lead to us. */
  readonly routing: RecordObservation
  /** TXT that carries the verification token. */
  readonly ownership: RecordObservation
  readonly probe: ProbeObservation
  readonly caa: CaaObservation
}

/** What is known of a domain that no check has seen. */
export const NO_OBSERVATIONS: DomainObservations = Object.freeze({
  routing: NEVER_LOOKED_AT,
  ownership: NEVER_LOOKED_AT,
  probe: Object.freeze({ state: 'not_tried', message: '', checkedAt: undefined }),
  caa: Object.freeze({ state: 'not_checked', message: '', fix: undefined, checkedAt: undefined }),
})

/** Why a domain is as it is, for machines; the closed list. */
export const DOMAIN_REASONS = [
  'not_checked_yet',
  'txt_not_found',
  'txt_wrong',
  'txt_via_cname',
  'dns_unknown',
  'hostname_in_use',
  'ownership_moved',
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
