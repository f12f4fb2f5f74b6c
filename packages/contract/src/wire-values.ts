import type { DomainReason, RecordObservation, RecordState } from '@fingerpost/model/domain-check'
import { DOMAIN_REASONS } from '@fingerpost/model/domain-check'
import { parseDestination, type Destination } from '@fingerpost/model/destination'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { parseSlug, type Slug } from '@fingerpost/model/slug'
import type { DomainStatus as WireStatus } from './generated/fingerpost/core/v1/DomainStatus.ts'
import type {
  RecordObservation as ObservationToWire,
  RecordObservation__Output as ObservationFromWire,
} from './generated/fingerpost/core/v1/RecordObservation.ts'
import type { RecordState as WireState } from './generated/fingerpost/core/v1/RecordState.ts'

/** Most values of one record that are carried. */
export const FOUND_VALUES_MAX = 16
/** Most UTF-8 octets of one value that are carried. */
export const FOUND_OCTETS_MAX = 512

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

/** Gives the reason, or undefined when it is not in the closed list. */
export function reasonFromWire(text: string): DomainReason | undefined {
  return DOMAIN_REASONS.find((reason) => reason === text)
}

/** Gives the observation, or undefined when it is absent, not known or larger than allowed. */
export function observationFromWire(
  message: ObservationFromWire | null,
): RecordObservation | undefined {
  if (message === null) return undefined
  const state = STATES_BY_WIRE_NAME.get(message.state)
  if (state === undefined || message.found.length > FOUND_VALUES_MAX) return undefined
  if (message.found.some((value) => octetLength(value) > FOUND_OCTETS_MAX)) return undefined
  if (message.checkedAtMs === undefined)
    return { state, found: message.found, checkedAt: undefined }
  const checkedAt = integerFromWire(message.checkedAtMs)
  return checkedAt === undefined ? undefined : { state, found: message.found, checkedAt }
}

/**
 * Gives the message of an observation. Values beyond `FOUND_VALUES_MAX`, and
 * octets of a value beyond `FOUND_OCTETS_MAX`, are left out: a customer can
 * publish any number of records, and a check of them must still be stored.
 */
export function observationToWire(observation: RecordObservation): ObservationToWire {
  return {
    state: WIRE_STATES[observation.state],
    found: observation.found.slice(0, FOUND_VALUES_MAX).map(cutToOctets),
    ...(observation.checkedAt !== undefined && { checkedAtMs: observation.checkedAt }),
  }
}

const WIRE_STATUSES = {
  pending_verification: 'DOMAIN_STATUS_PENDING_VERIFICATION',
  verified: 'DOMAIN_STATUS_VERIFIED',
  active: 'DOMAIN_STATUS_ACTIVE',
  degraded: 'DOMAIN_STATUS_DEGRADED',
  suspended: 'DOMAIN_STATUS_SUSPENDED',
} as const satisfies Record<DomainStatus, WireStatus>

const STATUSES_BY_WIRE_NAME: ReadonlyMap<string | number, DomainStatus> = new Map([
  [WIRE_STATUSES.pending_verification, 'pending_verification'],
  [WIRE_STATUSES.verified, 'verified'],
  [WIRE_STATUSES.active, 'active'],
  [WIRE_STATUSES.degraded, 'degraded'],
  [WIRE_STATUSES.suspended, 'suspended'],
])

const WIRE_STATES = {
  missing: 'RECORD_STATE_MISSING',
  found: 'RECORD_STATE_FOUND',
  wrong: 'RECORD_STATE_WRONG',
  unknown: 'RECORD_STATE_UNKNOWN',
} as const satisfies Record<RecordState, WireState>

const STATES_BY_WIRE_NAME: ReadonlyMap<string | number, RecordState> = new Map([
  [WIRE_STATES.missing, 'missing'],
  [WIRE_STATES.found, 'found'],
  [WIRE_STATES.wrong, 'wrong'],
  [WIRE_STATES.unknown, 'unknown'],
])

/** Gives the length of a text in UTF-8 octets. */
export function octetLength(text: string): number {
  return Buffer.byteLength(text)
}

function cutToOctets(value: string): string {
  const text = value.toWellFormed()
  if (octetLength(text) <= FOUND_OCTETS_MAX) return text
  const octets = new TextEncoder().encodeInto(text, new Uint8Array(FOUND_OCTETS_MAX))
  return text.slice(0, octets.read)
}
