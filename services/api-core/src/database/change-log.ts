import { sql, type Transaction } from 'kysely'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Sequence } from '@fingerpost/contract/core-api'
import type { EpochMs } from '@fingerpost/model/time'
import type { Place } from '../rules/edge-lag.ts'
import { LINKS_HOME } from './links-home.ts'
import type { Engine } from './storage.ts'
import type { ChangeRow, Tables } from './tables.ts'

/**
 * What a transaction changed that others may have to hear of.
 *
 * - `holder`: the domain that holds a hostname came, changed or went; news for
 *   every hostname of a group of which it is the primary
 * - `settings`: what a domain's owner set changed; news for its hostname, if it
 *   holds it, and for every hostname of a group of which it is the primary
 * - `claim`: a domain that does not hold its hostname came or went; only news
 *   when nobody else has the hostname
 * - `member`: the group of a domain changed, or the domain came to one or left
 *   it; only news when it holds the hostname
 * - `certificate`: what is known of the hostname's certificate changed; news of the hostname
 *   for every other one of a group of which it is the primary
 * - `link`: a link changed; news for every hostname that shows it, and is held
 *   by the domain that does. `linksHome` is the link's `domain_id`.
 */
export type Announcement =
  | {
      readonly kind: 'holder' | 'settings' | 'claim' | 'member' | 'certificate'
      readonly hostname: string
      readonly domainId: string
    }
  | { readonly kind: 'link'; readonly linksHome: string; readonly slug: string }

/** What is news of one hostname. */
type News =
  | { readonly kind: 'hostname' | 'certificate'; readonly hostname: string }
  | { readonly kind: 'link'; readonly hostname: string; readonly slug: string }

/** Rows of one insert, so that no statement has more parameters than an engine takes. */
const ROWS_PER_INSERT = 500

/**
 * Writes what is news at the end of the one order of all changes, and gives the
 * place of the last; undefined when nothing was news.
 *
 * It has to be the last thing that a transaction does: the head row stays
 * locked until the commit, so sequences are committed in their order, without
 * gaps, and each hostname's holder and status are read after every earlier change.
 */
export async function appendChanges(
  announcements: readonly Announcement[],
  { trx, engine, now }: { readonly trx: Trx; readonly engine: Engine; readonly now: EpochMs },
): Promise<Place | undefined> {
  const head = trx.selectFrom('change_head').select(['sequence', 'lineage']).where('id', '=', 1)
  // Why not for SQLite: a transaction there is the only writer from its begin.
  const locked = engine === 'postgres' ? head.forUpdate() : head
  const { lineage, ...row } = await locked.executeTakeFirstOrThrow()
  let { sequence } = row
  const rows: ChangeRow[] = []
  for (const announcement of announcements) {
    for (const news of await newsOf(announcement, trx)) {
      sequence += 1
      rows.push(await toRow(trx, news, sequence, now))
    }
  }
  if (rows.length === 0) return undefined
  await trx.updateTable('change_head').set({ sequence }).where('id', '=', 1).execute()
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    await trx
      .insertInto('changes')
      .values(rows.slice(start, start + ROWS_PER_INSERT))
      .execute()
  }
  return { sequence, lineage }
}

type Trx = Transaction<Tables>

// Why not all is news: whoever hears of a hostname drops what is known of it, and a
// claim that proved nothing must not do that to the one who holds it.
async function newsOf(announcement: Announcement, trx: Trx): Promise<readonly News[]> {
  const { kind } = announcement
  switch (kind) {
    case 'certificate':
      return [
        { kind, hostname: announcement.hostname },
        ...(await alternatesOf('hostname', announcement.hostname, trx)).map(hostnameNews),
      ]
    case 'holder': {
      const { hostname } = announcement
      return [hostname, ...(await alternatesOf('hostname', hostname, trx))].map(hostnameNews)
    }
    case 'settings': {
      const { hostname, domainId } = announcement
      const own = (await isHolder(domainId, trx)) ? [hostname] : []
      return [...own, ...(await alternatesOf('id', domainId, trx))].map(hostnameNews)
    }
    case 'claim':
      return (await isClaimNews(announcement, trx)) ? [hostnameNews(announcement.hostname)] : []
    case 'member':
      return (await isHolder(announcement.domainId, trx))
        ? [hostnameNews(announcement.hostname)]
        : []
    case 'link': {
      const { slug } = announcement
      const hostnames = await hostnamesThatShow(announcement.linksHome, trx)
      return hostnames.map((hostname) => ({ kind, hostname, slug }))
    }
    default:
      return kind satisfies never
  }
}

function hostnameNews(hostname: string): News {
  return { kind: 'hostname', hostname }
}

async function isClaimNews(
  { hostname, domainId }: { readonly hostname: string; readonly domainId: string },
  trx: Trx,
): Promise<boolean> {
  const other = await trx
    .selectFrom('domains')
    .select('id')
    .where('hostname', '=', hostname)
    .where('id', '!=', domainId)
    .where('deleted_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return other === undefined
}

async function isHolder(domainId: string, trx: Trx): Promise<boolean> {
  const holder = await trx
    .selectFrom('domains')
    .select('id')
    .where('id', '=', domainId)
    .where('is_holder', '=', 1)
    .executeTakeFirst()
  return holder !== undefined
}

/**
 * Gives the hostnames of the groups whose primary has this id or hostname. Why by the
 * name: when another domain takes it over, theirs is the status that changes, too.
 */
async function alternatesOf(
  column: 'id' | 'hostname',
  value: string,
  trx: Trx,
): Promise<readonly string[]> {
  const rows = await trx
    .selectFrom('domains as head')
    .innerJoin('domain_groups', 'domain_groups.primary_domain_id', 'head.id')
    .innerJoin('domains', (join) =>
      join
        .onRef('domains.group_id', '=', 'domain_groups.id')
        .onRef('domains.workspace_id', '=', 'domain_groups.workspace_id'),
    )
    .select('domains.hostname')
    .where(`head.${column}`, '=', value)
    .where('head.deleted_at', 'is', null)
    .where('domains.is_holder', '=', 1)
    .whereRef('domains.hostname', '!=', 'head.hostname')
    .execute()
  return rows.map((row) => row.hostname)
}

/** Gives every hostname that shows the links of a home: its domain's, or those of its group. */
async function hostnamesThatShow(linksHome: string, trx: Trx): Promise<readonly string[]> {
  const owner = await trx
    .selectFrom('domains')
    .leftJoin('domain_groups', (join) =>
      join
        .onRef('domain_groups.id', '=', 'domains.group_id')
        .onRef('domain_groups.workspace_id', '=', 'domains.workspace_id'),
    )
    .select(['domains.id', 'domains.workspace_id', 'domains.hostname', 'domains.is_holder'])
    .select(['domain_groups.id as group_id', 'domain_groups.primary_domain_id'])
    .where(LINKS_HOME, '=', linksHome)
    .executeTakeFirst()
  if (owner === undefined) return []
  const { group_id: groupId, workspace_id: workspaceId } = owner
  if (groupId === null) return owner.is_holder === 1 ? [owner.hostname] : []
  // Why nothing: an alternate's own links are shown nowhere.
  if (owner.primary_domain_id !== owner.id) return []
  const members = await trx
    .selectFrom('domains')
    .select('hostname')
    .where('workspace_id', '=', workspaceId)
    .where('group_id', '=', groupId)
    .where('is_holder', '=', 1)
    .execute()
  return members.map((row) => row.hostname)
}

async function toRow(trx: Trx, news: News, sequence: Sequence, now: EpochMs): Promise<ChangeRow> {
  const { kind, hostname } = news
  const row = { ...EMPTY_ROW, sequence, hostname, created_at: now }
  switch (kind) {
    case 'link':
      return { ...row, kind, slug: news.slug }
    case 'hostname': {
      const status = await effectiveStatus(trx, hostname)
      return { ...row, kind, status, ...(await readCertificateColumns(trx, hostname)) }
    }
    case 'certificate':
      return { ...row, kind, ...(await readCertificateColumns(trx, hostname)) }
    default:
      return news satisfies never
  }
}

const EMPTY_ROW = { status: null, slug: null, certificate: null, may_hold_until: null } as const

async function readCertificateColumns(
  trx: Trx,
  hostname: string,
): Promise<Pick<ChangeRow, 'certificate' | 'may_hold_until'>> {
  const row = await trx
    .selectFrom('certificates')
    .select(['status', 'may_hold_until'])
    .where('hostname', '=', hostname)
    .executeTakeFirst()
  return { certificate: row?.status ?? null, may_hold_until: row?.may_hold_until ?? null }
}

/** Gives the status that counts for a hostname: its holder's, else any claim's, else null. */
async function effectiveStatus(trx: Trx, hostname: string): Promise<DomainStatus | null> {
  const row = await trx
    .selectFrom('domains')
    .select('status')
    .where('hostname', '=', hostname)
    .where('deleted_at', 'is', null)
    .orderBy(sql`is_holder desc`)
    .limit(1)
    .executeTakeFirst()
  return row?.status ?? null
}
