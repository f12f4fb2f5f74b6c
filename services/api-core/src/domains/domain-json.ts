import type { Static } from 'typebox'
import type { RecordObservation } from '@fingerpost/model/domain-check'
import type { DomainEvent } from '../events/event-store.ts'
import { instantJson, optionalInstantJson } from '../http/schema.ts'
import { domainRecords, type DomainRecords, type RecordNaming } from '../rules/domain-records.ts'
import { domainStages } from '../rules/domain-stages.ts'
import type { DOMAIN, DOMAIN_EVENT, DOMAIN_RECORD } from './domain-schema.ts'
import type { Domain } from './domain.ts'

/** Writes a domain for its workspace. */
export function domainJson(domain: Domain, naming: RecordNaming): Static<typeof DOMAIN> {
  const records = domainRecords(domain, naming)
  const stages = domainStages({
    ...domain,
    records,
    hasPublicTarget: naming.publicTarget !== undefined,
  })
  return {
    id: domain.id,
    workspace_id: domain.workspaceId,
    hostname: domain.hostname,
    tier: domain.tier,
    status: domain.status,
    status_since: instantJson(domain.statusSince),
    grace_ends_at: optionalInstantJson(domain.graceEndsAt),
    reason: domain.reason,
    verification_token: domain.verificationToken,
    records: recordsJson(records),
    certificate: { status: 'none', issuer: null, key_type: null, not_after: null, error: null },
    stages: [...stages],
    root_redirect_url: domain.rootUrl ?? null,
    not_found_redirect_url: domain.notFoundUrl ?? null,
    honours_privacy_signals: domain.honoursPrivacySignals,
    next_check_at: optionalInstantJson(domain.nextCheckAt),
    version: domain.version,
    created_at: instantJson(domain.createdAt),
  }
}

function recordsJson({ routing, ownership }: DomainRecords): Static<typeof DOMAIN_RECORD>[] {
  return [
    {
      type: routing.type,
      name: routing.name,
      value: routing.value,
      purpose: 'routing',
      ...observationJson(routing.observation),
    },
    {
      type: ownership.type,
      name: ownership.name,
      value: ownership.value,
      purpose: 'ownership',
      ...observationJson(ownership.observation),
    },
  ]
}

/** Writes an entry of a domain's timeline. */
export function eventJson(event: DomainEvent): Static<typeof DOMAIN_EVENT> {
  const { routing, ownership } = event.observations
  return {
    id: event.id,
    kind: event.kind,
    status_from: event.statusFrom ?? null,
    status_to: event.statusTo,
    reason: { code: event.reason, message: event.message },
    evidence: { routing: observationJson(routing), ownership: observationJson(ownership) },
    created_at: instantJson(event.createdAt),
  }
}

function observationJson({ state, found, checkedAt }: RecordObservation) {
  return { state, found: [...found], checked_at: optionalInstantJson(checkedAt) }
}
