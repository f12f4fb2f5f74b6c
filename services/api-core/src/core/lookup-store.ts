import { CompiledQuery, sql, type Kysely } from 'kysely'
import {
  HOSTNAMES_PAGE_MAX,
  type HostnamesPage,
  type HostnameState,
  type LinkLookup,
  type LinkTarget,
} from '@fingerpost/contract/core-api'
import type { CertificateStatus } from '@fingerpost/model/certificate'
import type { Destination } from '@fingerpost/model/destination'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import {
  isRedirectStatus,
  REDIRECT_STATUS_DEFAULT,
  type ServedDomain,
  type ServedLink,
} from '@fingerpost/model/link'
import type { Slug } from '@fingerpost/model/slug'
import { LINKS_HOME } from '../database/links-home.ts'
import type { Tables } from '../database/tables.ts'
import { toDestination } from '../domains/domain-row.ts'
import { readHead } from '../events/change-store.ts'
import { alternateRedirectsTo, type AlternatesMode } from '../rules/group-serving.ts'

type LookupRow = {
  readonly sequence: number
  readonly lineage: string
  readonly domain_id: string | null
  readonly workspace_id: string
  readonly hostname: string
  readonly status: DomainStatus
  readonly root_url: string | null
  readonly not_found_url: string | null
  readonly honours_privacy_signals: number
  readonly links_version: number
  readonly domain_version: number
  /** Null: the domain is in no group. */
  readonly primary_id: string | null
  readonly alternates: AlternatesMode
  readonly primary_hostname: string
  readonly primary_status: DomainStatus
  /** Null: nothing was ever heard of it. */
  readonly primary_certificate: CertificateStatus | null
  readonly primary_root_url: string | null
  readonly primary_not_found_url: string | null
  readonly primary_honours_privacy_signals: number
  readonly link_id: string | null
  readonly slug: string
  readonly destination: string
  readonly redirect_status: number
  readonly expires_at: number | null
  readonly is_disabled: number
  readonly link_version: number
}

/** Finds the domain that holds a hostname, with the link that it shows for a slug. */
export type Lookup = (target: LinkTarget) => Promise<LinkLookup>

/** Prepares the lookup: its statement is compiled once. */
export function prepareLookup(db: Kysely<Tables>): Lookup {
  const statement = lookupStatement(db)
  return async ({ hostname, slug }) => {
    const query = CompiledQuery.raw(statement, [hostname, slug])
    const { rows } = await db.executeQuery<LookupRow>(query)
    return toLookup(rows[0])
  }
}

/**
 * Gives the SQL of the lookup, which takes a hostname and a slug. It is one
 * statement, so that it sees the head of the changes, the domain, the primary
 * of its group with its certificate, and the link as of one moment.
 */
export function lookupStatement(db: Kysely<Tables>): string {
  return db
    .selectFrom('change_head')
    .leftJoin('domains', (join) =>
      join
        .on('domains.hostname', '=', sql.val('hostname'))
        // Why literal: only so can both planners see that the holder's index fits.
        .on(sql<boolean>`domains.is_holder = 1`),
    )
    .leftJoin('domain_groups', (join) =>
      join
        .onRef('domain_groups.id', '=', 'domains.group_id')
        .onRef('domain_groups.workspace_id', '=', 'domains.workspace_id'),
    )
    .leftJoin('domains as head', 'head.id', 'domain_groups.primary_domain_id')
    .leftJoin('certificates', 'certificates.hostname', 'head.hostname')
    .leftJoin('links', (join) =>
      join
        .on('links.domain_id', '=', sql`coalesce(head.links_home, head.id, ${LINKS_HOME})`)
        .on('links.slug', '=', sql.val('slug')),
    )
    .select([
      'change_head.sequence',
      'change_head.lineage',
      'domains.id as domain_id',
      'domains.workspace_id',
      'domains.hostname',
      'domains.status',
      'domains.root_url',
      'domains.not_found_url',
      'domains.honours_privacy_signals',
      'domains.links_version',
      'domains.version as domain_version',
      'head.id as primary_id',
      'domain_groups.alternates',
      'head.hostname as primary_hostname',
      'head.status as primary_status',
      'certificates.status as primary_certificate',
      'head.root_url as primary_root_url',
      'head.not_found_url as primary_not_found_url',
      'head.honours_privacy_signals as primary_honours_privacy_signals',
      'links.id as link_id',
      'links.slug',
      'links.destination',
      'links.redirect_status',
      'links.expires_at',
      'links.is_disabled',
      'links.version as link_version',
    ])
    .where(sql<boolean>`change_head.id = 1`)
    .compile().sql
}

function toLookup(row: LookupRow | undefined): LinkLookup {
  if (row === undefined) throw new Error('The row that orders all changes is missing.')
  const { sequence, lineage } = row
  if (row.domain_id === null) return { sequence, lineage, domain: undefined, link: undefined }
  const { links_version: linksVersion } = row
  const domain: ServedDomain = {
    // Why another id: edges keep links by it, and are not told what happens to links that the
    // hostname does not show. So what they kept before must not count when it shows them again.
    id: linksVersion === 0 ? row.domain_id : `${row.domain_id}.${linksVersion}`,
    workspaceId: row.workspace_id,
    hostname: row.hostname as Hostname,
    status: row.status,
    ...(row.primary_id === null ? ownSettings(row) : groupSettings(row)),
    version: row.domain_version,
  }
  const link = domain.redirectsTo === undefined ? toServedLink(row) : undefined
  return { sequence, lineage, domain, link }
}

type Settings = Pick<
  ServedDomain,
  'rootUrl' | 'notFoundUrl' | 'redirectsTo' | 'honoursPrivacySignals'
>

function ownSettings(row: LookupRow): Settings {
  return {
    rootUrl: toDestination(row.root_url),
    notFoundUrl: toDestination(row.not_found_url),
    redirectsTo: undefined,
    honoursPrivacySignals: row.honours_privacy_signals === 1,
  }
}

function groupSettings(row: LookupRow): Settings {
  const primary = {
    hostname: row.primary_hostname as Hostname,
    status: row.primary_status,
    certificate: row.primary_certificate ?? 'none',
  }
  const isPrimary = row.primary_id === row.domain_id
  return {
    rootUrl: toDestination(row.primary_root_url),
    notFoundUrl: toDestination(row.primary_not_found_url),
    redirectsTo: isPrimary ? undefined : alternateRedirectsTo(row.alternates, primary),
    honoursPrivacySignals: row.primary_honours_privacy_signals === 1,
  }
}

function toServedLink(row: LookupRow): ServedLink | undefined {
  if (row.link_id === null) return undefined
  return {
    id: row.link_id,
    slug: row.slug as Slug,
    destination: row.destination as Destination,
    redirectStatus: isRedirectStatus(row.redirect_status)
      ? row.redirect_status
      : REDIRECT_STATUS_DEFAULT,
    expiresAt: row.expires_at ?? undefined,
    isDisabled: row.is_disabled === 1,
    version: row.link_version,
  }
}

/**
 * Lists every hostname that anybody has, with the status that counts for it, in
 * pages.
 *
 * The head of the changes is read first, then page after page, each as of its own
 * moment: a page has every change up to `sequence`, and may have later ones, which
 * the stream tells again. So neither a long list nor a slow reader holds a
 * transaction open, and only one page is in memory.
 */
export async function* listHostnames(
  signal: AbortSignal,
  db: Kysely<Tables>,
): AsyncGenerator<HostnamesPage> {
  const sequence = await readHead(db)
  for (let after = ''; !signal.aborted;) {
    // Why one more than a page: it tells whether another page follows.
    const states = await readStates(after, STATES_PER_PAGE + 1, db)
    const isLast = states.length <= STATES_PER_PAGE
    const hostnames = states.slice(0, STATES_PER_PAGE)
    yield { sequence, hostnames, isLast }
    if (isLast) return
    after = hostnames.at(-1)?.hostname ?? after
  }
}

// Why not as many as allowed: whoever reads a page answers nobody meanwhile.
const STATES_PER_PAGE = HOSTNAMES_PAGE_MAX / 4

async function readStates(
  after: string,
  limit: number,
  db: Kysely<Tables>,
): Promise<readonly HostnameState[]> {
  const rows = await db
    .with('page', (page) =>
      page
        .selectFrom('domains')
        .select([
          'hostname',
          // Why not just any of them: a claim beside the holder does not count.
          sql<DomainStatus | null>`max(case when is_holder = 1 then status end)`.as('held_status'),
        ])
        .where('deleted_at', 'is', null)
        .where('hostname', '>', after)
        .groupBy('hostname')
        .orderBy('hostname')
        .limit(limit),
    )
    .selectFrom('page')
    .leftJoin('certificates', 'certificates.hostname', 'page.hostname')
    .select([
      'page.hostname',
      'page.held_status',
      'certificates.status as certificate',
      'certificates.may_hold_until',
    ])
    .orderBy('page.hostname')
    .execute()
  return rows.map((row) => ({
    hostname: row.hostname as Hostname,
    status: row.held_status ?? 'pending_verification',
    certificate: row.certificate ?? 'none',
    mayHoldUntil: row.may_hold_until ?? undefined,
  }))
}
