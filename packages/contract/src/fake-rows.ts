import { parseDestination, type Destination } from '@fingerpost/model/destination'
import {
  NO_CERTIFICATE,
  type CertificateFacts,
  type CertificateNews,
} from '@fingerpost/model/certificate'
import {
  NO_OBSERVATIONS,
  type RecordObservation,
  type RecordState,
} from '@fingerpost/model/domain-check'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { REDIRECT_STATUS_DEFAULT, type ServedDomain, type ServedLink } from '@fingerpost/model/link'
import { parseSlug, type Slug } from '@fingerpost/model/slug'
import type { EpochMs } from '@fingerpost/model/time'
import type { CheckRecord, DueDomain } from './core-api.ts'
import { dueByCoreClock } from './core-clock.ts'

/** A domain for `FakeCore`: a hostname, and what is to differ from a domain just added. */
export type FakeDomain = { readonly hostname: string } & Partial<
  Omit<DueDomain, 'id' | 'hostname' | 'lease'>
> & {
    readonly rootUrl?: string
    readonly notFoundUrl?: string
    readonly redirectsTo?: string | undefined
    readonly mayHoldUntil?: EpochMs
    readonly honoursPrivacySignals?: boolean
  }

/** A link for `FakeCore`: where it leads, and what is to differ from a plain one. */
export type FakeLink = {
  readonly hostname: string
  readonly slug: string
  readonly destination: string
} & Partial<Pick<ServedLink, 'redirectStatus' | 'expiresAt' | 'isDisabled'>>

/** A domain as `FakeCore` keeps it. */
export type DomainRow = Omit<DueDomain, 'dueAt'> & {
  readonly rootUrl: Destination | undefined
  readonly notFoundUrl: Destination | undefined
  readonly redirectsTo: Hostname | undefined
  readonly mayHoldUntil: EpochMs | undefined
  readonly honoursPrivacySignals: boolean
  readonly dueAt: EpochMs | undefined
  readonly leasedUntil: EpochMs
  /** How many of the versions since the last lease began are changes of settings. */
  readonly settingsChanges: number
  /** How often the domain lost its hostname to another workspace. */
  readonly losses: number
}

/** A link as `FakeCore` keeps it. */
export type LinkRow = ServedLink & { readonly domainId: string }

/** Makes the row of a domain, pending and due at once unless told otherwise. */
export function domainRow(id: string, domain: FakeDomain, now: EpochMs): DomainRow {
  return {
    workspaceId: 'ws_1',
    status: 'pending_verification',
    statusSince: now,
    version: 1,
    cnameTarget: `${id.replace('_', '-')}.edge.example.net`,
    verificationToken: `token-of-${id}`,
    fastUntil: now + 600_000,
    quietChecks: 0,
    lossSeenAt: undefined,
    graceEndsAt: undefined,
    observations: NO_OBSERVATIONS,
    certificate: NO_CERTIFICATE,
    holder: undefined,
    takeoverSeenAt: undefined,
    isTombstone: false,
    mayHoldUntil: undefined,
    dueAt: now,
    lease: '',
    leasedUntil: 0,
    settingsChanges: 0,
    losses: 0,
    honoursPrivacySignals: true,
    ...domain,
    id,
    hostname: hostnameOf(domain.hostname),
    rootUrl: destinationOrNone(domain.rootUrl),
    notFoundUrl: destinationOrNone(domain.notFoundUrl),
    redirectsTo: domain.redirectsTo === undefined ? undefined : hostnameOf(domain.redirectsTo),
  }
}

/** Makes the row of a link. */
export function linkRow(id: string, domainId: string, link: Omit<FakeLink, 'hostname'>): LinkRow {
  return {
    redirectStatus: REDIRECT_STATUS_DEFAULT,
    expiresAt: undefined,
    isDisabled: false,
    ...link,
    id,
    domainId,
    slug: slugOf(link.slug),
    destination: destinationOf(link.destination),
    version: 1,
  }
}

/** Gives what an edge needs to know of a domain. */
export function servedDomain(row: DomainRow): ServedDomain {
  const { workspaceId, hostname, status, rootUrl, notFoundUrl, redirectsTo, version } = row
  const { honoursPrivacySignals, losses } = row
  // Why another id: nobody was told what happened to its links while it had lost its hostname.
  const id = losses === 0 ? row.id : `${row.id}.${losses}`
  const urls = { rootUrl, notFoundUrl, redirectsTo }
  return { id, workspaceId, hostname, status, ...urls, version, honoursPrivacySignals }
}

/** Gives what an edge needs to know of a link. */
export function servedLink(row: LinkRow): ServedLink {
  const { domainId: _domainId, ...link } = row
  return link
}

/** Gives what a check has to know of a domain. */
export function dueDomain(row: DomainRow & { readonly dueAt: EpochMs }): DueDomain {
  const { rootUrl: _root, notFoundUrl: _notFound, leasedUntil: _until, ...rest } = row
  const { settingsChanges: _settingsChanges, honoursPrivacySignals: _privacy, ...others } = rest
  const { losses: _losses, ...more } = others
  const { redirectsTo: _redirectsTo, mayHoldUntil: _mayHoldUntil, ...due } = more
  return due
}

/** Gives what is known of a certificate after news of it, as plainly as a test needs it. */
export function fakeCertificate(
  facts: CertificateFacts,
  news: CertificateNews,
  seenAt: EpochMs,
): CertificateFacts {
  const known = { ...facts, checkedAt: seenAt, error: undefined, nextAttemptAt: undefined }
  switch (news.kind) {
    case 'seen':
      return { ...known, status: 'issued', seen: news.certificate }
    case 'issuing':
      return { ...known, status: facts.status === 'issued' ? 'issued' : 'issuing' }
    case 'issued':
      return { ...known, status: 'issued' }
    case 'failed': {
      const { error, nextAttemptAt } = news
      return { ...known, status: 'failing', error, nextAttemptAt }
    }
    default:
      return news satisfies never
  }
}

/** Makes what one look at a record gave, without a hint, all servers agreeing. */
export function lookedAt(
  state: RecordState,
  found: readonly string[],
  checkedAt: EpochMs,
): RecordObservation {
  return { state, found, checkedAt, hint: undefined, propagation: undefined }
}

/** Makes a check that found both records and changes no status; not checked again. */
export function plainCheck(
  due: Pick<DueDomain, 'id' | 'lease' | 'version'>,
  checkedAt: EpochMs,
): CheckRecord {
  const found = lookedAt('found', [], checkedAt)
  return {
    domainId: due.id,
    lease: due.lease,
    expectedVersion: due.version,
    transition: undefined,
    observations: { ...NO_OBSERVATIONS, routing: found, ownership: found },
    reason: { code: 'routing_ok', message: 'DNS leads to this server.' },
    lossSeenAt: undefined,
    graceEndsAt: undefined,
    takeoverSeenAt: undefined,
    evidence: [],
    reminders: [],
    checkedAt,
    nextCheckAt: undefined,
  }
}

/** Gives the row of a domain after a check that left it in a status. */
export function checkedRow(
  row: DomainRow,
  check: CheckRecord,
  { status, now }: { readonly status: DomainStatus; readonly now: EpochMs },
): DomainRow {
  const isQuiet = status === row.status
  return {
    ...row,
    status,
    statusSince: isQuiet ? row.statusSince : check.checkedAt,
    version: isQuiet ? row.version : row.version + 1,
    quietChecks: isQuiet ? row.quietChecks + 1 : 0,
    observations: check.observations,
    lossSeenAt: check.lossSeenAt,
    graceEndsAt: check.graceEndsAt,
    takeoverSeenAt: check.takeoverSeenAt,
    dueAt: dueByCoreClock(check, now),
    leasedUntil: 0,
  }
}

/** Gives the row of a domain after another workspace took its hostname: a claim, due at once. */
export function lostRow(row: DomainRow, at: EpochMs, now: EpochMs): DomainRow {
  return {
    ...row,
    status: 'pending_verification',
    statusSince: at,
    version: row.version + 1,
    losses: row.losses + 1,
    lossSeenAt: undefined,
    graceEndsAt: undefined,
    takeoverSeenAt: undefined,
    quietChecks: 0,
    dueAt: now,
    leasedUntil: 0,
  }
}

/** Reads a hostname; throws unless it is canonical. */
export function hostnameOf(text: string): Hostname {
  const hostname = canonicalHostname(text)
  if (hostname !== text) throw new Error(`"${text}" is not a canonical hostname.`)
  return hostname
}

/** Reads a slug; throws when it is none. */
export function slugOf(text: string): Slug {
  const parsed = parseSlug(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.slug
}

/** Reads a destination; throws when it is none. */
export function destinationOf(text: string): Destination {
  const parsed = parseDestination(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.destination
}

/** Reads a destination that may be absent. */
export function destinationOrNone(text: string | undefined): Destination | undefined {
  return text === undefined ? undefined : destinationOf(text)
}
