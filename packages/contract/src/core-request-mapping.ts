import type { DomainReasonMessage } from '@fingerpost/model/domain-check'
import { AppError, type ErrorCode } from '@fingerpost/model/errors'
import type { Hostname } from '@fingerpost/model/hostname'
import { REMINDERS } from '@fingerpost/model/notice'
import {
  CLAIM_LIMIT_MAX,
  EDGE_ID_OCTETS_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  WORKER_ID_OCTETS_MAX,
  type Acknowledgement,
  type CheckRecord,
  type ClaimRequest,
  type LinkTarget,
  type Transition,
  type WatchFrom,
} from './core-api.ts'
import type {
  AcknowledgeChangesRequest,
  AcknowledgeChangesRequest__Output,
} from './generated/fingerpost/core/v1/AcknowledgeChangesRequest.ts'
import type {
  ClaimDueDomainsRequest,
  ClaimDueDomainsRequest__Output,
} from './generated/fingerpost/core/v1/ClaimDueDomainsRequest.ts'
import type { DescribeHostnameRequest__Output } from './generated/fingerpost/core/v1/DescribeHostnameRequest.ts'
import type {
  LookupLinkRequest,
  LookupLinkRequest__Output,
} from './generated/fingerpost/core/v1/LookupLinkRequest.ts'
import type {
  RecordCheckRequest,
  RecordCheckRequest__Output,
} from './generated/fingerpost/core/v1/RecordCheckRequest.ts'
import type { Transition__Output } from './generated/fingerpost/core/v1/Transition.ts'
import type {
  WatchChangesRequest,
  WatchChangesRequest__Output,
} from './generated/fingerpost/core/v1/WatchChangesRequest.ts'
import {
  evidenceFromWire,
  evidenceToWire,
  observationsFromWire,
  observationsToWire,
} from './observation-mapping.ts'
import {
  hostnameFromWire,
  integerFromWire,
  octetLength,
  reasonFromWire,
  slugFromWire,
  statusFromWire,
  statusToWire,
} from './wire-values.ts'

/** Gives the message that asks for a target. */
export function targetToWire(target: LinkTarget): LookupLinkRequest {
  return { hostname: target.hostname, slug: target.slug }
}

/**
 * Reads what a caller wants to look up.
 *
 * @throws AppError `hostname_invalid`, `slug_invalid`
 */
export function targetFromWire(message: LookupLinkRequest__Output): LinkTarget {
  return {
    hostname: hostnameFromWire(message.hostname) ?? refuse('hostname', 'hostname_invalid'),
    slug: slugFromWire(message.slug) ?? refuse('slug', 'slug_invalid'),
  }
}

/** Gives the message that asks for changes. */
export function watchToWire(from: WatchFrom): WatchChangesRequest {
  const { afterSequence, lineage, edgeId, fromOldest } = from
  return {
    afterSequence,
    ...(lineage !== undefined && { lineage }),
    ...(edgeId !== undefined && { edgeId }),
    ...(fromOldest !== undefined && { fromOldest }),
  }
}

/**
 * Reads where a caller wants the changes to begin.
 *
 * @throws AppError `body_invalid`
 */
export function watchFromWire(message: WatchChangesRequest__Output): WatchFrom {
  const { lineage, edgeId, fromOldest } = message
  return {
    afterSequence: integerFromWire(message.afterSequence) ?? refuse('after_sequence'),
    ...(lineage !== '' && { lineage }),
    ...(edgeId !== '' && { edgeId: edgeIdFromWire(edgeId) }),
    ...(fromOldest && { fromOldest }),
  }
}

/** Gives the message that says what an edge has applied. */
export function acknowledgementToWire(from: Acknowledgement): AcknowledgeChangesRequest {
  return { edgeId: from.edgeId, sequence: from.sequence }
}

/**
 * Reads what an edge has applied.
 *
 * @throws AppError `body_invalid`
 */
export function acknowledgementFromWire(
  message: AcknowledgeChangesRequest__Output,
): Acknowledgement {
  return {
    edgeId: edgeIdFromWire(message.edgeId),
    sequence: integerFromWire(message.sequence) ?? refuse('sequence'),
  }
}

function edgeIdFromWire(text: string): string {
  if (text === '' || octetLength(text) > EDGE_ID_OCTETS_MAX) refuse('edge_id')
  return text
}

/** Gives the message that claims due domains. */
export function claimToWire(request: ClaimRequest): ClaimDueDomainsRequest {
  return { workerId: request.workerId, limit: request.limit, leaseMs: request.leaseMs }
}

/**
 * Reads a worker's claim.
 *
 * @throws AppError `body_invalid`
 */
export function claimFromWire(message: ClaimDueDomainsRequest__Output): ClaimRequest {
  const { workerId, limit, leaseMs } = message
  if (workerId === '' || octetLength(workerId) > WORKER_ID_OCTETS_MAX) refuse('worker_id')
  if (limit < 1 || limit > CLAIM_LIMIT_MAX) refuse('limit')
  if (leaseMs < LEASE_MS_MIN || leaseMs > LEASE_MS_MAX) refuse('lease_ms')
  return { workerId, limit, leaseMs }
}

/**
 * Reads which hostname a report is asked for.
 *
 * @throws AppError `hostname_invalid`
 */
export function describedHostnameFromWire(message: DescribeHostnameRequest__Output): Hostname {
  return hostnameFromWire(message.hostname) ?? refuse('hostname', 'hostname_invalid')
}

/** Gives the message of a check. */
export function checkToWire(check: CheckRecord): RecordCheckRequest {
  const { transition, lossSeenAt, graceEndsAt, takeoverSeenAt, nextCheckAt } = check
  return {
    domainId: check.domainId,
    lease: check.lease,
    expectedVersion: check.expectedVersion,
    ...observationsToWire(check.observations),
    evidence: evidenceToWire(check.evidence),
    reminders: [...check.reminders],
    reason: check.reason.code,
    message: check.reason.message,
    checkedAtMs: check.checkedAt,
    ...(transition !== undefined && {
      transition: {
        to: statusToWire(transition.to),
        reason: transition.code,
        message: transition.message,
        ...(transition.takesOverFrom !== undefined && { takesOverFrom: transition.takesOverFrom }),
      },
    }),
    ...(lossSeenAt !== undefined && { lossSeenAtMs: lossSeenAt }),
    ...(graceEndsAt !== undefined && { graceEndsAtMs: graceEndsAt }),
    ...(takeoverSeenAt !== undefined && { takeoverSeenAtMs: takeoverSeenAt }),
    ...(nextCheckAt !== undefined && { nextCheckAtMs: nextCheckAt }),
  }
}

/**
 * Reads what a check found and decided.
 *
 * @throws AppError `body_invalid`
 */
export function checkFromWire(message: RecordCheckRequest__Output): CheckRecord {
  return {
    domainId: nonEmpty(message.domainId, 'domain_id'),
    lease: nonEmpty(message.lease, 'lease'),
    expectedVersion: integerFromWire(message.expectedVersion) ?? refuse('expected_version'),
    transition: message.transition === null ? undefined : transitionFromWire(message.transition),
    observations: observationsFromWire(message) ?? refuse('observations'),
    evidence: evidenceFromWire(message.evidence) ?? refuse('evidence'),
    reminders: message.reminders.map(
      (text) => REMINDERS.find((reminder) => reminder === text) ?? refuse('reminders'),
    ),
    reason: reasonMessageFromWire(message, 'reason'),
    lossSeenAt: optionalInstant(message.lossSeenAtMs, 'loss_seen_at_ms'),
    graceEndsAt: optionalInstant(message.graceEndsAtMs, 'grace_ends_at_ms'),
    takeoverSeenAt: optionalInstant(message.takeoverSeenAtMs, 'takeover_seen_at_ms'),
    checkedAt: integerFromWire(message.checkedAtMs) ?? refuse('checked_at_ms'),
    nextCheckAt: optionalInstant(message.nextCheckAtMs, 'next_check_at_ms'),
  }
}

function transitionFromWire(message: Transition__Output): Transition {
  return {
    to: statusFromWire(message.to) ?? refuse('transition.to'),
    ...reasonMessageFromWire(message, 'transition.reason'),
    ...(message.takesOverFrom !== undefined && { takesOverFrom: message.takesOverFrom }),
  }
}

function reasonMessageFromWire(
  message: { readonly reason: string; readonly message: string },
  field: string,
): DomainReasonMessage {
  return { code: reasonFromWire(message.reason) ?? refuse(field), message: message.message }
}

function optionalInstant(value: number | undefined, field: string): number | undefined {
  return value === undefined ? undefined : (integerFromWire(value) ?? refuse(field))
}

function nonEmpty(text: string, field: string): string {
  return text === '' ? refuse(field) : text
}

function refuse(field: string, code: ErrorCode = 'body_invalid'): never {
  throw new AppError(code, `The request's field "${field}" is missing or not usable.`, {
    facts: { field },
  })
}
