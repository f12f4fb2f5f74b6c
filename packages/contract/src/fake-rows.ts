import { parseDestination, type Destination } from '@fingerpost/model/destination'
import type { RecordObservation } from '@fingerpost/model/domain-check'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { REDIRECT_STATUS_DEFAULT, type ServedDomain, type ServedLink } from '@fingerpost/model/link'
import { parseSlug, type Slug } from '@fingerpost/model/slug'
import type { EpochMs } from '@fingerpost/model/time'
import type { DueDomain } from './core-api.ts'

/** A domain for `FakeCore`: a hostname, and what is to differ from a domain just added. */
export type FakeDomain = { readonly hostname: string } & Partial<
  Omit<DueDomain, 'id' | 'hostname' | 'lease'>
> & {
    readonly rootUrl?: string
    readonly notFoundUrl?: string
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
  readonly honoursPrivacySignals: boolean
  readonly dueAt: EpochMs | undefined
  readonly leasedUntil: EpochMs
  /** How many of the versions since the last lease began are changes of settings. */
  readonly settingsChanges: number
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
    observations: { routing: NEVER_LOOKED_AT, ownership: NEVER_LOOKED_AT },
    dueAt: now,
    lease: '',
    leasedUntil: 0,
    settingsChanges: 0,
    honoursPrivacySignals: true,
    ...domain,
    id,
    hostname: hostnameOf(domain.hostname),
    rootUrl: destinationOrNone(domain.rootUrl),
    notFoundUrl: destinationOrNone(domain.notFoundUrl),
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

const NEVER_LOOKED_AT: RecordObservation = { state: 'unknown', found: [], checkedAt: undefined }

/** Gives what an edge needs to know of a domain. */
export function servedDomain(row: DomainRow): ServedDomain {
  const { id, workspaceId, hostname, status, rootUrl, notFoundUrl, version } = row
  const { honoursPrivacySignals } = row
  return { id, workspaceId, hostname, status, rootUrl, notFoundUrl, version, honoursPrivacySignals }
}

/** Gives what an edge needs to know of a link. */
export function servedLink(row: LinkRow): ServedLink {
  const { domainId: _domainId, ...link } = row
  return link
}

/** Gives what a check has to know of a domain. */
export function dueDomain(row: DomainRow & { readonly dueAt: EpochMs }): DueDomain {
  const { rootUrl: _root, notFoundUrl: _notFound, leasedUntil: _until, ...rest } = row
  const { settingsChanges: _settingsChanges, honoursPrivacySignals: _privacy, ...due } = rest
  return due
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
