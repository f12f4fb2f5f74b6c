import * as fc from 'fast-check'
import {
  CLICK_COUNT_MAX,
  DEVICE_CLASSES,
  hourOf,
  VISITOR_KINDS,
  type ClickCount,
} from '@fingerpost/model/click'
import {
  CERTIFICATE_ERROR_CODES,
  CERTIFICATE_STATUSES,
  type CertificateError,
  type CertificateFacts,
  type SeenCertificate,
} from '@fingerpost/model/certificate'
import { parseDestination, type Destination } from '@fingerpost/model/destination'
import { EVIDENCE_ROLES, type Evidence } from '@fingerpost/model/dns-evidence'
import {
  CAA_STATES,
  DOMAIN_REASONS,
  PROBE_STATES,
  RECORD_STATES,
  type DomainObservations,
  type DomainReasonMessage,
  type RecordObservation,
} from '@fingerpost/model/domain-check'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { REDIRECT_STATUSES, type ServedDomain, type ServedLink } from '@fingerpost/model/link'
import { NOTICE_EVENTS, REMINDERS } from '@fingerpost/model/notice'
import { parseSlug, type Slug } from '@fingerpost/model/slug'
import type {
  Acknowledgement,
  CertificateRecord,
  Change,
  CheckRecord,
  ClaimRequest,
  ClickBatch,
  Delivery,
  DeliveryRecord,
  DueDomain,
  HostnamesPage,
  HostnameState,
  LinkLookup,
  LinkTarget,
  WatchFrom,
} from '../src/core-api.ts'

/** A plain object; without this some would have no prototype, unlike any that is sent. */
function record<T>(fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true })
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((value) => value.toWellFormed())
const id = fc.stringMatching(/^[a-z]{2,3}_[a-z0-9]{1,26}$/)
const count = fc.maxSafeNat()
const instant = fc.maxSafeInteger()
const maybeInstant = fc.option(instant, { nil: undefined })

/** Hostnames in canonical form. */
export const hostname: fc.Arbitrary<Hostname> = fc
  .domain()
  .map((name) => canonicalHostname(name))
  .filter((name) => name !== undefined)

/** Slugs of any script, the root link's included. */
export const slug: fc.Arbitrary<Slug> = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((value) => parseSlug(value))
  .filter((parsed) => parsed.ok)
  .map((parsed) => parsed.slug)

/** Destinations with paths, queries and fragments. */
export const destination: fc.Arbitrary<Destination> = fc
  .webUrl({ withQueryParameters: true, withFragments: true })
  .map((url) => parseDestination(url))
  .filter((parsed) => parsed.ok)
  .map((parsed) => parsed.destination)

const status = fc.constantFrom(...DOMAIN_STATUS_NAMES)

/** Observations within the limits of the wire. */
export const observation: fc.Arbitrary<RecordObservation> = record({
  state: fc.constantFrom(...RECORD_STATES),
  found: fc.array(text, { maxLength: 16 }),
  checkedAt: maybeInstant,
  hint: fc.option(text, { nil: undefined }),
  propagation: fc.option(
    record({ until: maybeInstant, servers: fc.array(text, { maxLength: 16 }) }),
    { nil: undefined },
  ),
})

const observations: fc.Arbitrary<DomainObservations> = record({
  routing: observation,
  ownership: observation,
  probe: record({
    state: fc.constantFrom(...PROBE_STATES),
    message: text,
    checkedAt: maybeInstant,
  }),
  caa: record({
    state: fc.constantFrom(...CAA_STATES),
    message: text,
    fix: fc.option(text, { nil: undefined }),
    checkedAt: maybeInstant,
  }),
})

const seenCertificate: fc.Arbitrary<SeenCertificate> = record({
  issuer: text,
  keyType: text,
  notBefore: instant,
  notAfter: instant,
})

const certificateError: fc.Arbitrary<CertificateError> = record({
  code: fc.constantFrom(...CERTIFICATE_ERROR_CODES),
  message: text,
})

const certificateFacts: fc.Arbitrary<CertificateFacts> = record({
  status: fc.constantFrom(...CERTIFICATE_STATUSES),
  seen: fc.option(seenCertificate, { nil: undefined }),
  error: fc.option(certificateError, { nil: undefined }),
  nextAttemptAt: maybeInstant,
  checkedAt: maybeInstant,
})

const evidence: fc.Arbitrary<Evidence> = record({
  role: fc.constantFrom(...EVIDENCE_ROLES),
  server: text,
  question: text,
  outcome: text,
  values: fc.array(text, { maxLength: 16 }),
  ttlS: fc.option(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { nil: undefined }),
  at: instant,
})

/** News of a certificate, of every kind. */
export const certificateRecord: fc.Arbitrary<CertificateRecord> = record({
  hostname,
  seenAt: instant,
  news: fc.oneof(
    record({ kind: fc.constant('seen' as const), certificate: seenCertificate }),
    record({ kind: fc.constantFrom('issuing' as const, 'issued' as const) }),
    record({
      kind: fc.constant('failed' as const),
      error: certificateError,
      nextAttemptAt: maybeInstant,
    }),
  ),
  evidence: fc.array(evidence, { maxLength: 4 }),
})

/** A notice to be delivered, by webhook or by mail. */
export const delivery: fc.Arbitrary<Delivery> = record({
  id,
  lease: id,
  noticeId: id,
  event: fc.constantFrom(...NOTICE_EVENTS),
  payload: fc.json(),
  createdAt: instant,
  attempts: fc.nat(),
  to: fc.oneof(
    record({ kind: fc.constant('webhook' as const), url: destination, secret: id }),
    record({ kind: fc.constant('mail' as const), address: id }),
  ),
})

/** How an attempt to deliver can go. */
export const deliveryRecord: fc.Arbitrary<DeliveryRecord> = record({
  deliveryId: id,
  lease: id,
  isDelivered: fc.boolean(),
  error: text,
  httpStatus: fc.option(fc.integer({ min: 100, max: 599 }), { nil: undefined }),
  nextAttemptAt: maybeInstant,
  disablesEndpoint: fc.boolean(),
})

const reason: fc.Arbitrary<DomainReasonMessage> = record({
  code: fc.constantFrom(...DOMAIN_REASONS),
  message: text,
})

/** What a lookup asks for. */
export const target: fc.Arbitrary<LinkTarget> = record({ hostname, slug })

/** A lookup's answer with the target that it is about. */
export const lookup: fc.Arbitrary<{ target: LinkTarget; lookup: LinkLookup }> = target.chain(
  (asked) => {
    const domain: fc.Arbitrary<ServedDomain> = record({
      id,
      workspaceId: id,
      hostname: fc.constant(asked.hostname),
      status,
      rootUrl: fc.option(destination, { nil: undefined }),
      notFoundUrl: fc.option(destination, { nil: undefined }),
      redirectsTo: fc.option(hostname, { nil: undefined }),
      honoursPrivacySignals: fc.boolean(),
      version: count,
    })
    const link: fc.Arbitrary<ServedLink> = record({
      id,
      slug: fc.constant(asked.slug),
      destination,
      redirectStatus: fc.constantFrom(...REDIRECT_STATUSES),
      expiresAt: maybeInstant,
      isDisabled: fc.boolean(),
      version: count,
    })
    const found = record({
      sequence: count,
      lineage: id,
      domain,
      link: fc.option(link, { nil: undefined }),
    })
    const nothing = record({
      sequence: count,
      lineage: id,
      domain: fc.constant(undefined),
      link: fc.constant(undefined),
    })
    return record({ target: fc.constant(asked), lookup: fc.oneof(found, nothing) })
  },
)

const hostnameState: fc.Arbitrary<HostnameState> = record({
  hostname,
  status: fc.option(status, { nil: undefined }),
  certificate: fc.constantFrom(...CERTIFICATE_STATUSES),
  mayHoldUntil: maybeInstant,
})

/** Every kind of change. */
export const change: fc.Arbitrary<Change> = fc.oneof(
  record({
    kind: fc.constant('hostname_changed' as const),
    sequence: count,
    committedAt: count,
    hostname,
    status: fc.option(status, { nil: undefined }),
    certificate: fc.constantFrom(...CERTIFICATE_STATUSES),
    mayHoldUntil: maybeInstant,
  }),
  record({
    kind: fc.constant('certificate_changed' as const),
    sequence: count,
    committedAt: count,
    hostname,
    certificate: fc.constantFrom(...CERTIFICATE_STATUSES),
    mayHoldUntil: maybeInstant,
  }),
  record({
    kind: fc.constant('link_changed' as const),
    sequence: count,
    committedAt: count,
    hostname,
    slug,
  }),
  record({
    kind: fc.constantFrom('reset' as const, 'heartbeat' as const),
    sequence: count,
    lineage: id,
  }),
)

/** A page of the list of hostnames. */
export const page: fc.Arbitrary<HostnamesPage> = record({
  sequence: count,
  hostnames: fc.array(hostnameState, { maxLength: 5 }),
  isLast: fc.boolean(),
})

/** A claim within its limits. */
export const claim: fc.Arbitrary<ClaimRequest> = record({
  workerId: fc.string({ minLength: 1, maxLength: 64 }),
  limit: fc.integer({ min: 1, max: 100 }),
  leaseMs: fc.integer({ min: 1_000, max: 600_000 }),
})

/** A domain that is due. */
export const dueDomain: fc.Arbitrary<DueDomain> = record({
  id,
  workspaceId: id,
  hostname,
  status,
  statusSince: instant,
  version: count,
  cnameTarget: text,
  verificationToken: text,
  fastUntil: instant,
  quietChecks: fc.nat(),
  lossSeenAt: maybeInstant,
  graceEndsAt: maybeInstant,
  observations,
  certificate: certificateFacts,
  holder: fc.option(record({ domainId: id, verificationToken: text }), { nil: undefined }),
  takeoverSeenAt: maybeInstant,
  isTombstone: fc.boolean(),
  lease: id,
  dueAt: instant,
})

/** A check, with and without a transition. */
export const check: fc.Arbitrary<CheckRecord> = record({
  domainId: id,
  lease: id,
  expectedVersion: count,
  transition: fc.option(
    fc.oneof(
      fc.tuple(status, reason).map(([to, why]) => ({ to, ...why })),
      fc.tuple(status, reason, id).map(([to, why, from]) => ({ to, ...why, takesOverFrom: from })),
    ),
    { nil: undefined },
  ),
  observations,
  reason,
  lossSeenAt: maybeInstant,
  graceEndsAt: maybeInstant,
  takeoverSeenAt: maybeInstant,
  evidence: fc.array(evidence, { maxLength: 5 }),
  reminders: fc.uniqueArray(fc.constantFrom(...REMINDERS)),
  checkedAt: instant,
  nextCheckAt: maybeInstant,
})

/** Where a change stream can begin. */
export const watch: fc.Arbitrary<WatchFrom> = fc.record(
  {
    afterSequence: count,
    lineage: id,
    edgeId: fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme-ascii' }),
    fromOldest: fc.constant(true),
  },
  { requiredKeys: ['afterSequence'], noNullPrototype: true },
)

/** What an edge can say of how far it is. */
export const acknowledgement: fc.Arbitrary<Acknowledgement> = record({
  edgeId: fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme-ascii' }),
  sequence: count,
})

const click: fc.Arbitrary<ClickCount> = record({
  workspaceId: id,
  linkId: id,
  hour: count.map(hourOf),
  visitor: fc.constantFrom(...VISITOR_KINDS),
  device: fc.constantFrom(...DEVICE_CLASSES),
  referrer: fc.oneof(fc.constant(''), hostname),
  country: fc.constantFrom('', 'CH', 'DE'),
  count: fc.integer({ min: 1, max: CLICK_COUNT_MAX }),
})

/** A batch of clicks within its limits. */
export const clicks: fc.Arbitrary<ClickBatch> = record({
  source: fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme-ascii' }),
  number: fc.integer({ min: 1 }),
  clicks: fc.array(click, { minLength: 1, maxLength: 5 }),
})
