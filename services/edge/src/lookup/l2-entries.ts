import { createHmac, createSecretKey, hkdfSync, timingSafeEqual, type KeyObject } from 'node:crypto'
import type { LinkLookup, LinkTarget } from '@fingerpost/contract/core-api'
import { parseDestination, type Destination } from '@fingerpost/model/destination'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { isRedirectStatus, type ServedDomain, type ServedLink } from '@fingerpost/model/link'
import type { EpochMs } from '@fingerpost/model/time'

/** What an entry of L2 says, and when core said it. */
export type L2Entry = { readonly lookup: LinkLookup; readonly confirmedAt: EpochMs }

/** Longest entry in octets: a link and a domain with the longest URLs that they may have. */
export const L2_ENTRY_OCTETS_MAX = 32_768

// Why in both: versions stand beside each other in one Redis while edges are replaced one by one.
const VERSION = '2'
const MAC_OCTETS = 16
const MAC_LENGTH = 22

/**
 * Writes and reads the entries of L2: one for each target, with its domain and its link.
 *
 * An entry carries a message authentication code over its key and its content, made with a key
 * that only this installation has. So whoever can write to Redis can neither make up an entry nor
 * move one to another link.
 */
export class L2Entries {
  readonly #macKey: KeyObject

  /** @param secret of the installation, as shared with api-core */
  constructor(secret: string) {
    const octets = hkdfSync('sha256', secret, '', 'fingerpost edge L2 entries', 32)
    this.#macKey = createSecretKey(Buffer.from(octets))
  }

  /** Gives the key of a target in Redis. */
  keyOf(target: LinkTarget): string {
    return `fingerpost:${VERSION}:${target.hostname}\0${target.slug}`
  }

  /** Writes an entry; undefined when there is no link, or it is too long. */
  write(target: LinkTarget, { lookup, confirmedAt }: L2Entry): string | undefined {
    const { domain, link, lineage, sequence } = lookup
    if (domain === undefined || link === undefined) return undefined
    const parts = [lineage, sequence, confirmedAt, domainParts(domain), linkParts(link)]
    const content = JSON.stringify(parts)
    const text = `${VERSION}${this.#macOf(target, content).toString('base64url')}${content}`
    return Buffer.byteLength(text) <= L2_ENTRY_OCTETS_MAX ? text : undefined
  }

  /** Reads an entry; undefined when it is not one that we wrote for this target. */
  read(target: LinkTarget, text: string): L2Entry | undefined {
    if (!text.startsWith(VERSION) || text.length > L2_ENTRY_OCTETS_MAX) return undefined
    const content = text.slice(VERSION.length + MAC_LENGTH)
    const mac = Buffer.from(text.slice(VERSION.length, VERSION.length + MAC_LENGTH), 'base64url')
    const isOurs = mac.length === MAC_OCTETS && timingSafeEqual(mac, this.#macOf(target, content))
    return isOurs ? entryOf(target, parseJson(content)) : undefined
  }

  #macOf(target: LinkTarget, content: string): Buffer {
    // Why NUL: no hostname and no slug contains it, so no two pairs of key and content are alike.
    const mac = createHmac('sha256', this.#macKey).update(`${this.keyOf(target)}\0${content}`)
    return mac.digest().subarray(0, MAC_OCTETS)
  }
}

function domainParts(domain: ServedDomain): readonly unknown[] {
  const { id, workspaceId, status, rootUrl, notFoundUrl, redirectsTo, version } = domain
  const urls = [rootUrl, notFoundUrl, redirectsTo]
  return [id, workspaceId, status, ...urls, domain.honoursPrivacySignals, version]
}

function linkParts(link: ServedLink): readonly unknown[] {
  const { id, destination, redirectStatus, expiresAt, isDisabled, version } = link
  return [id, destination, redirectStatus, expiresAt, isDisabled, version]
}

// Why everything is read with care although the code proved it ours: nothing that came over a
// wire is redirected to on trust, and an edge of another version may have written it.
function entryOf(target: LinkTarget, value: unknown): L2Entry | undefined {
  const parts = partsOf(value, 5)
  if (parts === undefined) return undefined
  const [lineage, sequence, confirmedAt, domainValue, linkValue] = parts
  const domain = domainOf(target, domainValue)
  const link = linkOf(target, linkValue)
  if (typeof lineage !== 'string' || !isCount(sequence) || !isCount(confirmedAt)) return undefined
  if (domain === undefined || link === undefined) return undefined
  return { lookup: { lineage, sequence, domain, link }, confirmedAt }
}

function domainOf({ hostname }: LinkTarget, value: unknown): ServedDomain | undefined {
  const parts = partsOf(value, 8)
  if (parts === undefined) return undefined
  const [id, workspaceId, statusName, root, notFound, primary, honours, version] = parts
  const status = statusOf(statusName)
  const rootUrl = root === null ? undefined : destinationOf(root)
  const notFoundUrl = notFound === null ? undefined : destinationOf(notFound)
  const redirectsTo = primary === null ? undefined : hostnameOf(primary)
  const isWhole =
    (root === null || rootUrl !== undefined) &&
    (notFound === null || notFoundUrl !== undefined) &&
    (primary === null || redirectsTo !== undefined)
  if (typeof id !== 'string' || typeof workspaceId !== 'string' || !isCount(version))
    return undefined
  if (status === undefined || typeof honours !== 'boolean' || !isWhole) return undefined
  const urls = { rootUrl, notFoundUrl, redirectsTo }
  return { id, workspaceId, hostname, status, ...urls, honoursPrivacySignals: honours, version }
}

function linkOf({ slug }: LinkTarget, value: unknown): ServedLink | undefined {
  const parts = partsOf(value, 6)
  if (parts === undefined) return undefined
  const [id, url, redirectStatus, expiry, isDisabled, version] = parts
  const destination = destinationOf(url)
  if (typeof id !== 'string' || destination === undefined || !isCount(version)) return undefined
  if (typeof redirectStatus !== 'number' || !isRedirectStatus(redirectStatus)) return undefined
  if ((expiry !== null && !isCount(expiry)) || typeof isDisabled !== 'boolean') return undefined
  const expiresAt = expiry ?? undefined
  return { id, slug, destination, redirectStatus, expiresAt, isDisabled, version }
}

function partsOf(value: unknown, count: number): readonly unknown[] | undefined {
  return Array.isArray(value) && value.length === count ? value : undefined
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function hostnameOf(value: unknown): Hostname | undefined {
  const hostname = typeof value === 'string' ? canonicalHostname(value) : undefined
  return hostname === value ? hostname : undefined
}

function destinationOf(value: unknown): Destination | undefined {
  if (typeof value !== 'string') return undefined
  const parsed = parseDestination(value)
  return parsed.ok && parsed.destination === value ? parsed.destination : undefined
}

function statusOf(value: unknown): DomainStatus | undefined {
  return typeof value === 'string' && isStatus(value) ? value : undefined
}

function isStatus(name: string): name is DomainStatus {
  return Object.hasOwn(DOMAIN_STATUSES, name)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Why ignored: what is no JSON is no entry, and the caller counts it.
    return undefined
  }
}
