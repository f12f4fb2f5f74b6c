import type { Kysely } from 'kysely'
import type { CertificateRecord } from '@fingerpost/contract/core-api'
import {
  NO_CERTIFICATE,
  type CertificateFacts,
  type CertificateNews,
} from '@fingerpost/model/certificate'
import type { Evidence } from '@fingerpost/model/dns-evidence'
import type { Hostname } from '@fingerpost/model/hostname'
import type { EpochMs } from '@fingerpost/model/time'
import type { CertificateRow, DomainRow, Tables } from '../database/tables.ts'
import { inTransaction, type WriteDeps, type Writing } from '../database/transaction.ts'
import { parseObservations } from '../domains/domain-row.ts'
import { addEvent } from '../events/event-store.ts'
import { addNotice } from '../notices/notice-store.ts'
import {
  certificateTurn,
  nextCertificate,
  withCaaWords,
  type CertificateTurn,
  type KnownCertificate,
} from '../rules/certificate-facts.ts'

/** Most certificates of hostnames that nobody has any more, deleted at once. */
export const CERTIFICATES_PRUNED_MAX = 500

/**
 * Stores what was learned of a hostname's certificate, announces what others act on, and tells the
 * workspace that holds the hostname. What was begun while somebody had the hostname is stored
 * even when nobody has it any more: the certificate may be there when somebody adds it again.
 */
export function recordCertificate(record: CertificateRecord, deps: WriteDeps): Promise<void> {
  return inTransaction(async (writing) => {
    const { trx, now } = writing
    const { hostname } = record
    const domain = await lockDomain(hostname, writing)
    if (domain !== undefined) await makeRow(hostname, trx)
    const before = await lockRow(hostname, writing)
    if (before === undefined) return
    const facts = toFacts(before)
    const news = domain === undefined ? record.news : inOurWords(record.news, domain)
    const after = nextCertificate(
      { facts, mayHoldUntil: before.may_hold_until ?? undefined },
      { news, seenAt: record.seenAt },
      now,
    )
    const row = toRow(hostname, after)
    await trx.updateTable('certificates').set(row).where('hostname', '=', hostname).execute()
    if (domain === undefined) return
    const turn = certificateTurn(facts, after.facts, hostname)
    if (turn !== undefined && domain.is_holder === 1) {
      await tellHolder({ domain, turn, facts: after.facts, evidence: record.evidence }, writing)
    }
    if (before.status === row.status && before.may_hold_until === row.may_hold_until) return
    writing.announce({ kind: 'certificate', hostname, domainId: domain.id })
  }, deps)
}

/**
 * Reads the domain that holds a hostname, or else one that claims it, and keeps it for this
 * writer: nobody takes the hostname over while its holder is told.
 */
async function lockDomain(
  hostname: Hostname,
  { trx, engine }: Writing,
): Promise<DomainRow | undefined> {
  const domains = trx
    .selectFrom('domains')
    .selectAll()
    .where('hostname', '=', hostname)
    .where('deleted_at', 'is', null)
    .orderBy('is_holder', 'desc')
    .limit(1)
  if (engine === 'sqlite') return domains.executeTakeFirst()
  const locked = await domains.forUpdate().executeTakeFirst()
  // Why again: while this waited for the row, another domain may have taken the hostname over.
  return locked?.is_holder === 0 ? domains.forUpdate().executeTakeFirst() : locked
}

function inOurWords(news: CertificateNews, domain: DomainRow): CertificateNews {
  return withCaaWords(news, parseObservations(domain.observations_json).caa)
}

async function tellHolder(
  told: {
    readonly domain: DomainRow
    readonly turn: CertificateTurn
    readonly facts: CertificateFacts
    readonly evidence: readonly Evidence[]
  },
  writing: Writing,
): Promise<void> {
  const { domain, evidence } = told
  const { kind, fact, message } = told.turn
  const { seen, error, nextAttemptAt } = told.facts
  await addEvent(
    {
      domain: { ...domain, reason_message: message },
      kind: `certificate_${kind}`,
      statusFrom: null,
      evidence,
    },
    writing,
  )
  const notice = {
    workspaceId: domain.workspace_id,
    domain,
    event: `certificate.${kind}`,
    fact,
    message,
    details: {
      issuer: seen?.issuer ?? null,
      not_after: formatInstant(seen?.notAfter),
      error_code: error?.code ?? null,
      next_attempt_at: formatInstant(nextAttemptAt),
    },
  } as const
  await addNotice(notice, writing)
}

function formatInstant(at: EpochMs | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}

/**
 * Deletes some of what is known of certificates whose hostname nobody has any more, once they have
 * ended; tells whether there may be more.
 */
export async function pruneCertificates(now: EpochMs, db: Kysely<Tables>): Promise<boolean> {
  const ended = db
    .selectFrom('certificates')
    .select('hostname')
    .where((eb) => eb.or([eb('may_hold_until', 'is', null), eb('may_hold_until', '<=', now)]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('domains')
            .select('domains.id')
            .whereRef('domains.hostname', '=', 'certificates.hostname')
            .where('domains.deleted_at', 'is', null),
        ),
      ),
    )
    .limit(CERTIFICATES_PRUNED_MAX)
  const { numDeletedRows } = await db
    .deleteFrom('certificates')
    .where('hostname', 'in', ended)
    .executeTakeFirst()
  return Number(numDeletedRows) >= CERTIFICATES_PRUNED_MAX
}

function toRow(hostname: Hostname, { facts, mayHoldUntil }: KnownCertificate): CertificateRow {
  const { status, seen, error, nextAttemptAt, checkedAt } = facts
  return {
    hostname,
    status,
    issuer: seen?.issuer ?? null,
    key_type: seen?.keyType ?? null,
    not_before: seen?.notBefore ?? null,
    not_after: seen?.notAfter ?? null,
    error_code: error?.code ?? null,
    error_message: error?.message ?? null,
    next_attempt_at: nextAttemptAt ?? null,
    may_hold_until: mayHoldUntil ?? null,
    checked_at: checkedAt ?? null,
  }
}

/** Reads what is known of the certificates of some hostnames. */
export async function readCertificates(
  hostnames: readonly Hostname[],
  db: Kysely<Tables>,
): Promise<ReadonlyMap<string, CertificateFacts>> {
  if (hostnames.length === 0) return new Map()
  const rows = await db
    .selectFrom('certificates')
    .selectAll()
    .where('hostname', 'in', hostnames)
    .execute()
  return new Map(rows.map((row) => [row.hostname, toFacts(row)]))
}

/** Why before it is read: there is no lock on a row that is not there yet. */
async function makeRow(hostname: Hostname, db: Kysely<Tables>): Promise<void> {
  await db
    .insertInto('certificates')
    .values(toRow(hostname, { facts: NO_CERTIFICATE, mayHoldUntil: undefined }))
    .onConflict((conflict) => conflict.column('hostname').doNothing())
    .execute()
}

/**
 * Reads what is known of a hostname's certificate, and keeps it for this writer. Why not by the
 * domain: news from the log and from a handshake may come at once, and each through another domain.
 */
async function lockRow(
  hostname: Hostname,
  { trx, engine }: Writing,
): Promise<CertificateRow | undefined> {
  const query = trx.selectFrom('certificates').selectAll().where('hostname', '=', hostname)
  return (engine === 'postgres' ? query.forUpdate() : query).executeTakeFirst()
}

function toFacts(row: CertificateRow | undefined): CertificateFacts {
  if (row === undefined) return NO_CERTIFICATE
  const { issuer, key_type: keyType, not_before: notBefore, not_after: notAfter } = row
  const { error_code: code, error_message: message } = row
  const isSeen = issuer !== null && keyType !== null && notBefore !== null && notAfter !== null
  return {
    status: row.status,
    seen: isSeen ? { issuer, keyType, notBefore, notAfter } : undefined,
    error: code === null ? undefined : { code, message: message ?? '' },
    nextAttemptAt: row.next_attempt_at ?? undefined,
    checkedAt: row.checked_at ?? undefined,
  }
}
