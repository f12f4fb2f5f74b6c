import { parseDestination, type Destination } from '@fingerpost/model/destination'
import { isDomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { isRedirectStatus, type ServedDomain, type ServedLink } from '@fingerpost/model/link'
import { parseSlug, type Slug } from '@fingerpost/model/slug'
import type { EpochMs } from '@fingerpost/model/time'

/**
 * One line of the snapshot.
 *
 * - `head`: the history that all sequences belong to, and when the snapshot was written
 * - `domain`, `link`: what core said, as of which change, and when that was last confirmed
 * - `end`: how many domains and links stand before it
 * - `dropped`: a change took away what an earlier line says of a link, or, without a slug, of a
 *   domain
 */
export type SnapshotEntry =
  | { readonly kind: 'head'; readonly lineage: string | undefined; readonly writtenAt: EpochMs }
  | {
      readonly kind: 'domain'
      readonly domain: ServedDomain
      readonly sequence: number
      readonly confirmedAt: EpochMs
    }
  | {
      readonly kind: 'link'
      readonly hostname: Hostname
      readonly domainId: string
      readonly link: ServedLink
      readonly sequence: number
      readonly confirmedAt: EpochMs
    }
  | { readonly kind: 'end'; readonly count: number }
  | { readonly kind: 'dropped'; readonly hostname: Hostname; readonly slug: Slug | undefined }

/** Gives an entry as it stands in the file; undefined members are left out by JSON. */
export function snapshotRecordOf(entry: SnapshotEntry): object {
  switch (entry.kind) {
    case 'head':
      return { kind: 'head', lineage: entry.lineage, written_at: entry.writtenAt }
    case 'domain':
      return { kind: 'domain', ...recordOfDomain(entry.domain), ...recordOfConfirmation(entry) }
    case 'link':
      return {
        kind: 'link',
        hostname: entry.hostname,
        domain_id: entry.domainId,
        ...recordOfLink(entry.link),
        ...recordOfConfirmation(entry),
      }
    case 'end':
    case 'dropped':
      return entry
    default:
      return entry satisfies never
  }
}

/**
 * Reads an entry from the file. Nothing in it is taken on trust, so that a
 * damaged file cannot become an answer that core would never have given.
 *
 * @returns undefined when anything in it is not as it is written
 */
export function parseSnapshotEntry(value: unknown): SnapshotEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const record = value as Readonly<Record<string, unknown>>
  return PARSERS.get(record['kind'])?.(record)
}

type SnapshotRecord = Readonly<Record<string, unknown>>

const PARSERS: ReadonlyMap<unknown, (record: SnapshotRecord) => SnapshotEntry | undefined> =
  new Map([
    ['head', parseHead],
    ['domain', parseDomain],
    ['link', parseLink],
    ['end', parseEnd],
    ['dropped', parseDropped],
  ])

function recordOfConfirmation(said: { sequence: number; confirmedAt: EpochMs }): object {
  return { sequence: said.sequence, confirmed_at: said.confirmedAt }
}

function recordOfDomain(domain: ServedDomain): object {
  return {
    id: domain.id,
    workspace_id: domain.workspaceId,
    hostname: domain.hostname,
    status: domain.status,
    root_url: domain.rootUrl,
    not_found_url: domain.notFoundUrl,
    redirects_to: domain.redirectsTo,
    honours_privacy_signals: domain.honoursPrivacySignals,
    version: domain.version,
  }
}

function recordOfLink(link: ServedLink): object {
  return {
    id: link.id,
    slug: link.slug,
    destination: link.destination,
    redirect_status: link.redirectStatus,
    expires_at: link.expiresAt,
    is_disabled: link.isDisabled,
    version: link.version,
  }
}

function parseHead(record: SnapshotRecord): SnapshotEntry | undefined {
  const { lineage, written_at: writtenAt } = record
  if (lineage !== undefined && typeof lineage !== 'string') return undefined
  return isCount(writtenAt) ? { kind: 'head', lineage, writtenAt } : undefined
}

function parseEnd({ count }: SnapshotRecord): SnapshotEntry | undefined {
  return isCount(count) ? { kind: 'end', count } : undefined
}

function parseDomain(record: SnapshotRecord): SnapshotEntry | undefined {
  const { id, workspace_id: workspaceId, status, version } = record
  const { sequence, confirmed_at: confirmedAt } = record
  const { honours_privacy_signals: honoursPrivacySignals } = record
  const hostname = parseCanonicalHostname(record['hostname'])
  const rootUrl = parseOptionalUrl(record['root_url'])
  const notFoundUrl = parseOptionalUrl(record['not_found_url'])
  const isAlternate = record['redirects_to'] !== undefined
  const redirectsTo = isAlternate ? parseCanonicalHostname(record['redirects_to']) : undefined
  if (isAlternate && redirectsTo === undefined) return undefined
  if (!isId(id) || !isId(workspaceId) || hostname === undefined) return undefined
  if (typeof status !== 'string' || !isDomainStatus(status)) return undefined
  if (rootUrl === 'damaged' || notFoundUrl === 'damaged') return undefined
  if (typeof honoursPrivacySignals !== 'boolean') return undefined
  if (!isCount(version) || !isCount(sequence) || !isCount(confirmedAt)) return undefined
  const urls = { rootUrl: rootUrl?.url, notFoundUrl: notFoundUrl?.url, redirectsTo }
  const settings = { status, ...urls, honoursPrivacySignals, version }
  const domain = { id, workspaceId, hostname, ...settings }
  return { kind: 'domain', domain, sequence, confirmedAt }
}

function parseLink(record: SnapshotRecord): SnapshotEntry | undefined {
  const { id, domain_id: domainId, redirect_status: redirectStatus, version } = record
  const { sequence, confirmed_at: confirmedAt } = record
  const { expires_at: expiresAt, is_disabled: isDisabled } = record
  const hostname = parseCanonicalHostname(record['hostname'])
  const slug = parseCanonicalSlug(record['slug'])
  const destination = parseUrl(record['destination'])
  if (!isId(id) || !isId(domainId) || hostname === undefined) return undefined
  if (slug === undefined || destination === undefined) return undefined
  if (typeof redirectStatus !== 'number' || !isRedirectStatus(redirectStatus)) return undefined
  if (expiresAt !== undefined && !isInstant(expiresAt)) return undefined
  if (typeof isDisabled !== 'boolean') return undefined
  if (!isCount(version) || !isCount(sequence) || !isCount(confirmedAt)) return undefined
  const link = { id, slug, destination, redirectStatus, expiresAt, isDisabled, version }
  return { kind: 'link', hostname, domainId, link, sequence, confirmedAt }
}

function parseDropped(record: SnapshotRecord): SnapshotEntry | undefined {
  const hostname = parseCanonicalHostname(record['hostname'])
  if (hostname === undefined) return undefined
  if (record['slug'] === undefined) return { kind: 'dropped', hostname, slug: undefined }
  const slug = parseCanonicalSlug(record['slug'])
  return slug === undefined ? undefined : { kind: 'dropped', hostname, slug }
}

function isCount(value: unknown): value is number {
  return isInstant(value) && value >= 0
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

// Why the comparisons below: what was written was canonical, so anything else is damage.
function parseCanonicalHostname(value: unknown): Hostname | undefined {
  const hostname = typeof value === 'string' ? canonicalHostname(value) : undefined
  return hostname === value ? hostname : undefined
}

function parseCanonicalSlug(value: unknown): Slug | undefined {
  if (typeof value !== 'string') return undefined
  const parsed = parseSlug(value)
  return parsed.ok && parsed.slug === value ? parsed.slug : undefined
}

function parseUrl(value: unknown): Destination | undefined {
  if (typeof value !== 'string') return undefined
  const parsed = parseDestination(value)
  return parsed.ok && parsed.destination === value ? parsed.destination : undefined
}

function parseOptionalUrl(value: unknown): { readonly url: Destination } | undefined | 'damaged' {
  if (value === undefined) return undefined
  const url = parseUrl(value)
  return url === undefined ? 'damaged' : { url }
}
