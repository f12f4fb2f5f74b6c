import type { Kysely } from 'kysely'
import type { CertificateRecord } from '@fingerpost/contract/core-api'
import { NO_CERTIFICATE, type CertificateFacts } from '@fingerpost/model/certificate'
import type { Hostname } from '@fingerpost/model/hostname'
import type { CertificateRow, Tables } from '../database/tables.ts'
import { inTransaction, type WriteDeps } from '../database/transaction.ts'
import { nextCertificate } from '../rules/certificate-facts.ts'

/** Stores what was learned of a hostname's certificate, and announces what others act on. */
export function recordCertificate(record: CertificateRecord, deps: WriteDeps): Promise<void> {
  return inTransaction(async (writing) => {
    const { trx } = writing
    const { hostname } = record
    const domain = await trx
      .selectFrom('domains')
      .select('id')
      .where('hostname', '=', hostname)
      .where('deleted_at', 'is', null)
      .orderBy('is_holder', 'desc')
      .limit(1)
      .executeTakeFirst()
    if (domain === undefined) return
    const before = await readRow(hostname, trx)
    const after = nextCertificate(
      { facts: toFacts(before), mayHoldUntil: before?.may_hold_until ?? undefined },
      record,
    )
    const { status, seen, error, nextAttemptAt, checkedAt } = after.facts
    const row: CertificateRow = {
      hostname,
      status,
      issuer: seen?.issuer ?? null,
      key_type: seen?.keyType ?? null,
      not_before: seen?.notBefore ?? null,
      not_after: seen?.notAfter ?? null,
      error_code: error?.code ?? null,
      error_message: error?.message ?? null,
      next_attempt_at: nextAttemptAt ?? null,
      may_hold_until: after.mayHoldUntil ?? null,
      checked_at: checkedAt ?? null,
    }
    await trx
      .insertInto('certificates')
      .values(row)
      .onConflict((conflict) => conflict.column('hostname').doUpdateSet(row))
      .execute()
    if (before?.status === row.status && before.may_hold_until === row.may_hold_until) return
    writing.announce({ kind: 'certificate', hostname, domainId: domain.id })
  }, deps)
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

function readRow(hostname: Hostname, db: Kysely<Tables>): Promise<CertificateRow | undefined> {
  return db
    .selectFrom('certificates')
    .selectAll()
    .where('hostname', '=', hostname)
    .executeTakeFirst()
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
