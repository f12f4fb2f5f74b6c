import type { Static } from 'typebox'
import type { CertificateFacts } from '@fingerpost/model/certificate'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { RecordObservation } from '@fingerpost/model/domain-check'
import type { DomainEvent } from '../events/event-store.ts'
import { instantJson, optionalInstantJson } from '../http/schema.ts'
import type { DomainRecords } from '../rules/domain-records.ts'
import { domainStages } from '../rules/domain-stages.ts'
import { stagedDomain, type DomainContext } from './domain-context.ts'
import type { ANSWER, CERTIFICATE, DOMAIN, DOMAIN_EVENT, DOMAIN_RECORD } from './domain-schema.ts'
import type { Domain } from './domain.ts'

/** Writes a domain for its workspace. */
export function domainJson(domain: Domain, context: DomainContext): Static<typeof DOMAIN> {
  const staged = stagedDomain(domain, context)
  const { probe, caa } = staged
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
    records: recordsJson(staged.records),
    certificate: certificateJson(staged.certificate),
    probe: {
      state: probe.state,
      message: probe.message,
      checked_at: optionalInstantJson(probe.checkedAt),
    },
    caa: {
      state: caa.state,
      message: caa.message,
      fix: caa.fix ?? null,
      checked_at: optionalInstantJson(caa.checkedAt),
    },
    stages: [...domainStages(staged)],
    root_redirect_url: domain.rootUrl ?? null,
    not_found_redirect_url: domain.notFoundUrl ?? null,
    honours_privacy_signals: domain.honoursPrivacySignals,
    group_id: domain.groupId ?? null,
    next_check_at: optionalInstantJson(domain.nextCheckAt),
    version: domain.version,
    created_at: instantJson(domain.createdAt),
  }
}

function certificateJson(facts: CertificateFacts): Static<typeof CERTIFICATE> {
  const { status, seen, error } = facts
  return {
    status,
    issuer: seen?.issuer ?? null,
    key_type: seen?.keyType ?? null,
    not_before: optionalInstantJson(seen?.notBefore),
    not_after: optionalInstantJson(seen?.notAfter),
    error: error?.message ?? null,
    error_code: error?.code ?? null,
    next_attempt_at: optionalInstantJson(facts.nextAttemptAt),
    checked_at: optionalInstantJson(facts.checkedAt),
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
    evidence: {
      routing: observationJson(routing),
      ownership: observationJson(ownership),
      answers: answersJson(event.evidence),
    },
    created_at: instantJson(event.createdAt),
  }
}

/** Writes raw answers. */
export function answersJson(evidence: readonly Evidence[]): Static<typeof ANSWER>[] {
  return evidence.map(({ role, server, question, outcome, values, ttlS, at }) => ({
    role,
    server,
    question,
    outcome,
    values: [...values],
    ttl_seconds: ttlS ?? null,
    at: instantJson(at),
  }))
}

function observationJson({ state, found, checkedAt, hint, propagation }: RecordObservation) {
  return {
    state,
    found: [...found],
    hint: hint ?? null,
    propagation:
      propagation === undefined
        ? null
        : { until: optionalInstantJson(propagation.until), servers: [...propagation.servers] },
    checked_at: optionalInstantJson(checkedAt),
  }
}
