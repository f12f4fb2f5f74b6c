import type { Destination } from '@fingerpost/model/destination'
import {
  DOMAIN_REASONS,
  NEVER_LOOKED_AT,
  NO_OBSERVATIONS,
  type DomainObservations,
  type DomainReason,
} from '@fingerpost/model/domain-check'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { DomainRow } from '../database/tables.ts'
import type { NoticedDomain } from '../rules/domain-notices.ts'
import type { Domain } from './domain.ts'

// Rows hold what the parsers of the model let in, so reading them back only
// names their types.

/** Reads a domain's row. */
export function toDomain(row: DomainRow): Domain {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    hostname: row.hostname as Hostname,
    tier: row.tier,
    status: row.status,
    statusSince: row.status_since,
    reason: { code: parseReason(row.reason), message: row.reason_message },
    verificationToken: row.verification_token,
    cnameLabel: row.cname_label,
    rootUrl: toDestination(row.root_url),
    notFoundUrl: toDestination(row.not_found_url),
    honoursPrivacySignals: row.honours_privacy_signals === 1,
    observations: parseObservations(row.observations_json),
    graceEndsAt: row.grace_ends_at ?? undefined,
    lossSeenAt: row.loss_seen_at ?? undefined,
    takeoverSeenAt: row.takeover_seen_at ?? undefined,
    groupId: row.group_id ?? undefined,
    isTombstone: row.deleted_at !== null,
    nextCheckAt: row.next_check_at ?? undefined,
    fastUntil: row.fast_until,
    quietChecks: row.quiet_checks,
    version: row.version,
    createdAt: row.created_at,
  }
}

/** Gives what of a domain its notices are told from. */
export function noticedDomain(row: DomainRow): NoticedDomain {
  return {
    id: row.id,
    hostname: row.hostname,
    status: row.status,
    statusSince: row.status_since,
    graceEndsAt: row.grace_ends_at ?? undefined,
    ownershipMissingSince: row.ownership_missing_since ?? undefined,
  }
}

/** Gives the columns that say which status a domain has; they only change together. */
export function statusColumns(status: DomainStatus): Pick<DomainRow, 'status' | 'is_holder'> {
  return { status, is_holder: DOMAIN_STATUSES[status].holdsHostname ? 1 : 0 }
}

/** Reads a destination's column. */
export function toDestination(text: string | null): Destination | undefined {
  return text === null ? undefined : (text as Destination)
}

/** Reads a reason; one that this version does not know counts as not checked yet. */
export function parseReason(text: string): DomainReason {
  return DOMAIN_REASONS.find((reason) => reason === text) ?? 'not_checked_yet'
}

/** Writes observations for a row. */
export function formatObservations(observations: DomainObservations): string {
  return JSON.stringify(observations)
}

/** Reads observations from a row; what an older version did not write is not known. */
export function parseObservations(json: string): DomainObservations {
  const { routing, ownership, probe, caa } = JSON.parse(json) as Partial<DomainObservations>
  // Why spread over all keys: JSON drops what is undefined, and a missing key is another type.
  return {
    routing: { ...NEVER_LOOKED_AT, ...routing },
    ownership: { ...NEVER_LOOKED_AT, ...ownership },
    probe: { ...NO_OBSERVATIONS.probe, ...probe },
    caa: { ...NO_OBSERVATIONS.caa, ...caa },
  }
}
