import {
  EVIDENCE_MAX,
  EVIDENCE_OCTETS_MAX,
  EVIDENCE_ROLES,
  EVIDENCE_VALUES_MAX,
  type Evidence,
} from '@fingerpost/model/dns-evidence'
import {
  CAA_STATES,
  PROBE_STATES,
  type CaaObservation,
  type DomainObservations,
  type ProbeObservation,
  type Propagation,
  type RecordObservation,
  type RecordState,
} from '@fingerpost/model/domain-check'
import type { EpochMs } from '@fingerpost/model/time'
import type {
  CaaObservation as CaaToWire,
  CaaObservation__Output as CaaFromWire,
} from './generated/fingerpost/core/v1/CaaObservation.ts'
import type {
  Evidence as EvidenceToWire,
  Evidence__Output as EvidenceFromWire,
} from './generated/fingerpost/core/v1/Evidence.ts'
import type {
  ProbeObservation as ProbeToWire,
  ProbeObservation__Output as ProbeFromWire,
} from './generated/fingerpost/core/v1/ProbeObservation.ts'
import type { Propagation__Output } from './generated/fingerpost/core/v1/Propagation.ts'
import type {
  RecordObservation as ObservationToWire,
  RecordObservation__Output as ObservationFromWire,
} from './generated/fingerpost/core/v1/RecordObservation.ts'
import type { RecordState as WireState } from './generated/fingerpost/core/v1/RecordState.ts'
import { cutToOctets, integerFromWire, octetLength } from './wire-values.ts'

/** Most values of one record that are carried. */
export const FOUND_VALUES_MAX = 16
/** Most UTF-8 octets of one value that are carried. */
export const FOUND_OCTETS_MAX = 512
/** Most UTF-8 octets of a sentence for people that are carried. */
export const SENTENCE_OCTETS_MAX = 4_000
/** Most servers that are named as still giving an older answer. */
export const PROPAGATION_SERVERS_MAX = 16

/** The observations of a message: four fields of the same name. */
type ObservationsToWire = {
  readonly routing: ObservationToWire
  readonly ownership: ObservationToWire
  readonly probe: ProbeToWire
  readonly caa: CaaToWire
}

type ObservationsFromWire = {
  readonly routing: ObservationFromWire | null
  readonly ownership: ObservationFromWire | null
  readonly probe: ProbeFromWire | null
  readonly caa: CaaFromWire | null
}

/**
 * Gives the messages of what checks know of a domain. Values, octets and servers beyond
 * the limits are left out: a customer can publish any number of records, and a check of
 * them must still be stored.
 */
export function observationsToWire(observations: DomainObservations): ObservationsToWire {
  const { routing, ownership, probe, caa } = observations
  return {
    routing: recordToWire(routing),
    ownership: recordToWire(ownership),
    probe: { state: probe.state, message: sentence(probe.message), ...instantToWire(probe) },
    caa: {
      state: caa.state,
      message: sentence(caa.message),
      ...(caa.fix !== undefined && { fix: sentence(caa.fix) }),
      ...instantToWire(caa),
    },
  }
}

/**
 * Reads what checks know of a domain; undefined when a part is absent, not known or larger
 * than allowed. Without a probe or CAA, as a service without them sends it, there was none.
 */
export function observationsFromWire(
  message: ObservationsFromWire,
): DomainObservations | undefined {
  const routing = recordFromWire(message.routing)
  const ownership = recordFromWire(message.ownership)
  const probe = message.probe === null ? NOT_TRIED : probeFromWire(message.probe)
  const caa = message.caa === null ? NOT_CHECKED : caaFromWire(message.caa)
  if (!routing || !ownership || !probe || !caa) return undefined
  return { routing, ownership, probe, caa }
}

/** Gives the messages of raw answers; what exceeds the limits is left out. */
export function evidenceToWire(evidence: readonly Evidence[]): EvidenceToWire[] {
  return evidence.slice(0, EVIDENCE_MAX).map(({ role, server, question, ...rest }) => ({
    role,
    server: cutToOctets(server, EVIDENCE_OCTETS_MAX),
    question: cutToOctets(question, EVIDENCE_OCTETS_MAX),
    outcome: cutToOctets(rest.outcome, EVIDENCE_OCTETS_MAX),
    values: rest.values
      .slice(0, EVIDENCE_VALUES_MAX)
      .map((value) => cutToOctets(value, EVIDENCE_OCTETS_MAX)),
    ...(rest.ttlS !== undefined && { ttlS: rest.ttlS }),
    atMs: rest.at,
  }))
}

/** Reads raw answers; undefined when one is not usable or they are more than allowed. */
export function evidenceFromWire(
  messages: readonly EvidenceFromWire[],
): readonly Evidence[] | undefined {
  if (messages.length > EVIDENCE_MAX) return undefined
  const evidence: Evidence[] = []
  for (const message of messages) {
    const { server, question, outcome, values, ttlS } = message
    const role = EVIDENCE_ROLES.find((known) => known === message.role)
    const at = integerFromWire(message.atMs)
    if (role === undefined || at === undefined || values.length > EVIDENCE_VALUES_MAX) {
      return undefined
    }
    if ([server, question, outcome, ...values].some(isTooLongEvidence)) return undefined
    evidence.push({ role, server, question, outcome, values, ttlS, at })
  }
  return evidence
}

function isTooLongEvidence(text: string): boolean {
  return octetLength(text) > EVIDENCE_OCTETS_MAX
}

function recordToWire({ propagation, hint, ...record }: RecordObservation): ObservationToWire {
  return {
    state: WIRE_STATES[record.state],
    found: record.found
      .slice(0, FOUND_VALUES_MAX)
      .map((value) => cutToOctets(value, FOUND_OCTETS_MAX)),
    ...instantToWire(record),
    ...(hint !== undefined && { hint: sentence(hint) }),
    ...(propagation !== undefined && {
      propagation: {
        servers: propagation.servers
          .slice(0, PROPAGATION_SERVERS_MAX)
          .map((server) => cutToOctets(server, FOUND_OCTETS_MAX)),
        ...(propagation.until !== undefined && { untilMs: propagation.until }),
      },
    }),
  }
}

function recordFromWire(message: ObservationFromWire | null): RecordObservation | undefined {
  if (message === null) return undefined
  const state = STATES_BY_WIRE_NAME.get(message.state)
  if (state === undefined || message.found.length > FOUND_VALUES_MAX) return undefined
  if (message.found.some((value) => octetLength(value) > FOUND_OCTETS_MAX)) return undefined
  const checkedAt = instantFromWire(message.checkedAtMs)
  const propagation = propagationFromWire(message.propagation)
  if (checkedAt === 'unusable' || propagation === 'unusable') return undefined
  if (isTooLongSentence(message.hint)) return undefined
  return { state, found: message.found, checkedAt, hint: message.hint, propagation }
}

function propagationFromWire(
  message: Propagation__Output | null,
): Propagation | undefined | 'unusable' {
  if (message === null) return undefined
  const until = instantFromWire(message.untilMs)
  const { servers } = message
  if (until === 'unusable' || servers.length > PROPAGATION_SERVERS_MAX) return 'unusable'
  if (servers.some((server) => octetLength(server) > FOUND_OCTETS_MAX)) return 'unusable'
  return { until, servers }
}

function probeFromWire(message: ProbeFromWire): ProbeObservation | undefined {
  const state = PROBE_STATES.find((known) => known === message.state)
  const checkedAt = instantFromWire(message.checkedAtMs)
  if (state === undefined || checkedAt === 'unusable') return undefined
  if (isTooLongSentence(message.message)) return undefined
  return { state, message: message.message, checkedAt }
}

function caaFromWire(message: CaaFromWire): CaaObservation | undefined {
  const state = CAA_STATES.find((known) => known === message.state)
  const checkedAt = instantFromWire(message.checkedAtMs)
  if (state === undefined || checkedAt === 'unusable') return undefined
  if (isTooLongSentence(message.message) || isTooLongSentence(message.fix)) return undefined
  return { state, message: message.message, fix: message.fix, checkedAt }
}

const NOT_TRIED: ProbeObservation = { state: 'not_tried', message: '', checkedAt: undefined }
const NOT_CHECKED: CaaObservation = {
  state: 'not_checked',
  message: '',
  fix: undefined,
  checkedAt: undefined,
}

function instantToWire({ checkedAt }: { readonly checkedAt: EpochMs | undefined }) {
  return { ...(checkedAt !== undefined && { checkedAtMs: checkedAt }) }
}

function instantFromWire(value: number | undefined): EpochMs | undefined | 'unusable' {
  return value === undefined ? undefined : (integerFromWire(value) ?? 'unusable')
}

function sentence(text: string): string {
  return cutToOctets(text, SENTENCE_OCTETS_MAX)
}

function isTooLongSentence(text: string | undefined): boolean {
  return text !== undefined && octetLength(text) > SENTENCE_OCTETS_MAX
}

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
