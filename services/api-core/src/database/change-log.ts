import { sql, type Transaction } from 'kysely'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { Sequence } from '@fingerpost/contract/core-api'
import type { EpochMs } from '@fingerpost/model/time'
import type { Place } from '../rules/edge-lag.ts'
import type { Engine } from './storage.ts'
import type { ChangeRow, Tables } from './tables.ts'

/**
 * What a transaction changed that others may have to hear of.
 *
 * - `holder`: the domain that holds a hostname came, changed or went
 * - `claim`: a domain that does not hold its hostname came or went; only news
 *   when nobody else has the hostname
 * - `link`: a link changed; only news when its domain holds the hostname
 * - `certificate`: what is known of the hostname's certificate changed
 */
export type Announcement = { readonly hostname: string; readonly domainId: string } & (
  | { readonly kind: 'holder' | 'claim' | 'certificate' }
  | { readonly kind: 'link'; readonly slug: string }
)

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
    // Why not all: whoever hears of a hostname drops what is known of it, and a
    // claim that proved nothing must not do that to the one who holds it.
    if (!(await isNews(announcement, trx))) continue
    sequence += 1
    rows.push(await toRow(trx, announcement, sequence, now))
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

async function isNews({ kind, hostname, domainId }: Announcement, trx: Trx): Promise<boolean> {
  const domains = trx.selectFrom('domains').select('id').limit(1)
  switch (kind) {
    case 'holder':
    case 'certificate':
      return true
    case 'claim': {
      const others = domains
        .where('hostname', '=', hostname)
        .where('id', '!=', domainId)
        .where('deleted_at', 'is', null)
      return (await others.executeTakeFirst()) === undefined
    }
    case 'link': {
      const holder = domains.where('id', '=', domainId).where('is_holder', '=', 1)
      return (await holder.executeTakeFirst()) !== undefined
    }
    default:
      return kind satisfies never
  }
}

async function toRow(
  trx: Trx,
  announcement: Announcement,
  sequence: Sequence,
  now: EpochMs,
): Promise<ChangeRow> {
  const { kind, hostname } = announcement
  const row = { ...EMPTY_ROW, sequence, hostname, created_at: now }
  switch (kind) {
    case 'link':
      return { ...row, kind, slug: announcement.slug }
    case 'holder':
    case 'claim': {
      const status = await effectiveStatus(trx, hostname)
      return { ...row, kind: 'hostname', status, ...(await readCertificateColumns(trx, hostname)) }
    }
    case 'certificate':
      return { ...row, kind, ...(await readCertificateColumns(trx, hostname)) }
    default:
      return announcement satisfies never
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
