import type { CertificateFacts } from '@fingerpost/model/certificate'
import type {
  CaaObservation,
  DomainReasonMessage,
  ProbeObservation,
} from '@fingerpost/model/domain-check'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import type { DomainRecords } from '../domain-records.ts'

/** The way of a domain from its records to its first redirect. */
export const STAGE_IDS = [
  'add_records',
  'prove_ownership',
  'see_routing',
  'get_certificate',
  'serve',
] as const
/** One of `STAGE_IDS`. */
export type StageId = (typeof STAGE_IDS)[number]

/**
 * How a stage stands.
 *
 * - `done`: it is reached; `current`: it is the one to look at
 * - `waiting`: for an earlier stage; `failed`: something has to be put right first
 */
export const STAGE_STATES = ['done', 'current', 'waiting', 'failed'] as const
/** One of `STAGE_STATES`. */
export type StageState = (typeof STAGE_STATES)[number]

/** A stage, told to whoever looks after the customer's DNS. */
export type Stage = {
  readonly id: StageId
  readonly state: StageState
  /** What is going on. */
  readonly happening: string
  /** What the reader has to do. */
  readonly you: string
  /** What comes then. */
  readonly next: string
}

/** A stage as its own rule tells it. */
export type Words = Omit<Stage, 'id'>

/** What the stages are told from. */
export type StagedDomain = {
  readonly hostname: Hostname
  readonly status: DomainStatus
  readonly reason: DomainReasonMessage
  /** Undefined: no grace period runs. */
  readonly graceEndsAt: EpochMs | undefined
  /** When the present loss of routing was first seen; undefined: none is. */
  readonly lossSeenAt: EpochMs | undefined
  /** When a takeover of the hostname from its holder was first in sight. */
  readonly takeoverSeenAt: EpochMs | undefined
  /** Undefined: not looked at again unless asked for. */
  readonly nextCheckAt: EpochMs | undefined
  readonly records: DomainRecords
  readonly probe: ProbeObservation
  readonly caa: CaaObservation
  readonly certificate: CertificateFacts
  /** Whether the operator has set the name that CNAMEs lead to. */
  readonly hasPublicTarget: boolean
  readonly now: EpochMs
}

/** Tells whether the hostname was proved to be the workspace's. */
export function isProved({ status }: Pick<StagedDomain, 'status'>): boolean {
  return DOMAIN_STATUSES[status].holdsHostname
}

/** Tells whether visitors were seen to arrive: by DNS, or by a probe whatever is in front. */
export function isRouted({ records, probe }: Pick<StagedDomain, 'records' | 'probe'>): boolean {
  return records.routing.observation.state === 'found' || probe.state === 'reached'
}

/**
 * Tells whether the last look says nothing about where an active domain leads: the answers could
 * not be had, or our own name was not found either. Nobody has to act on it.
 */
export function isBlind(
  domain: Pick<StagedDomain, 'status' | 'reason' | 'records' | 'probe'>,
): boolean {
  if (domain.status !== 'active' || isRouted(domain)) return false
  const { state } = domain.records.routing.observation
  return state === 'unknown' || domain.reason.code === 'routing_ok'
}

/** Tells whether there is a certificate that browsers take, as far as is known. */
export function hasCertificate({
  certificate,
  now,
}: Pick<StagedDomain, 'certificate' | 'now'>): boolean {
  const { seen, status } = certificate
  return seen === undefined ? status === 'issued' : seen.notAfter > now
}

/** Tells whether the CAA record that forbids is the operator's: it stands at the CNAME's target. */
export function isForbiddenByOperator({
  caa,
  records,
}: Pick<StagedDomain, 'caa' | 'records'>): boolean {
  return caa.state === 'forbids' && caa.message.includes(records.routing.value)
}
