import { randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type {
  CheckOutcome,
  CheckRecord,
  ClaimRequest,
  DueDomain,
  Rival,
} from '@fingerpost/contract/core-api'
import { dueByCoreClock, leaseEndMax } from '@fingerpost/contract/core-clock'
import { NO_CERTIFICATE, type CertificateFacts } from '@fingerpost/model/certificate'
import type { DomainReasonMessage } from '@fingerpost/model/domain-check'
import { DOMAIN_STATUSES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import { readCertificates } from '../certificates/certificate-store.ts'
import { isRefusedBy } from '../database/storage-errors.ts'
import type { DomainRow, Tables } from '../database/tables.ts'
import { inTransaction, type WriteDeps, type Writing } from '../database/transaction.ts'
import { addEvent } from '../events/event-store.ts'
import { addNotice } from '../notices/notice-store.ts'
import { hostnameInUse, ownershipTaken, reasonAfterCheck } from '../rules/claim-words.ts'
import { domainNotices, ownershipNotice } from '../rules/domain-notices.ts'
import { cnameTarget, type RecordNaming } from '../rules/domain-records.ts'
import { formatObservations, noticedDomain, statusColumns, toDomain } from './domain-row.ts'
import { formatEvidence } from './evidence.ts'
import { takeHostname } from './takeover-store.ts'
import { forgetTombstones, hasForeignTombstone, storeTombstoneCheck } from './tombstone-store.ts'

/**
 * Leases due domains to a worker, the most overdue first, tombstones among them.
 * Nobody else gets them until the lease has run out or the check is recorded.
 */
export async function claimDueDomains(
  request: ClaimRequest,
  naming: RecordNaming,
  { trx, engine, now }: Writing,
): Promise<readonly DueDomain[]> {
  const due = trx
    .selectFrom('domains')
    .select('id')
    .where('next_check_at', 'is not', null)
    .where('next_check_at', '<=', now)
    .where((eb) =>
      eb.or([
        eb('lease_until', 'is', null),
        eb('lease_until', '<=', now),
        eb('lease_until', '>', leaseEndMax(now)),
      ]),
    )
    .orderBy('next_check_at')
    .limit(request.limit)
  const lease = randomUUID()
  const rows = await trx
    .updateTable('domains')
    .set({
      lease,
      lease_worker: request.workerId,
      lease_until: now + request.leaseMs,
      check_requested: 0,
      settings_changes: 0,
    })
    // Why skipped: a row that another worker is just leasing is not ours to wait for.
    .where('id', 'in', engine === 'postgres' ? due.forUpdate().skipLocked() : due)
    .returningAll()
    .execute()
  const certificates = await readCertificates(
    rows.map((row) => row.hostname as Hostname),
    trx,
  )
  const holders = await readHolders(rows, trx)
  return rows
    .flatMap((row) =>
      toDueDomain(row, lease, {
        naming,
        certificate: certificates.get(row.hostname) ?? NO_CERTIFICATE,
        holder: holders.get(row.id),
      }),
    )
    .toSorted((first, second) => first.dueAt - second.dueAt)
}

/** Reads, for each claim, which domain of another workspace holds the hostname. */
async function readHolders(
  rows: readonly DomainRow[],
  db: Kysely<Tables>,
): Promise<ReadonlyMap<string, Rival>> {
  const claims = rows.filter((row) => row.is_holder === 0 && row.deleted_at === null)
  if (claims.length === 0) return new Map()
  const holders = await db
    .selectFrom('domains')
    .select(['id', 'hostname', 'verification_token'])
    .where(sql<boolean>`is_holder = 1`)
    .where(
      'hostname',
      'in',
      claims.map(({ hostname }) => hostname),
    )
    .execute()
  const byHostname = new Map(holders.map((holder) => [holder.hostname, holder]))
  return new Map(
    claims.flatMap(({ id, hostname }) => {
      const holder = byHostname.get(hostname)
      if (holder === undefined) return []
      return [[id, { domainId: holder.id, verificationToken: holder.verification_token }] as const]
    }),
  )
}

function toDueDomain(
  row: DomainRow,
  lease: string,
  known: {
    readonly naming: RecordNaming
    readonly certificate: CertificateFacts
    readonly holder: Rival | undefined
  },
): DueDomain[] {
  const domain = toDomain(row)
  if (domain.nextCheckAt === undefined) return []
  return [
    {
      id: domain.id,
      workspaceId: domain.workspaceId,
      hostname: domain.hostname,
      status: domain.status,
      statusSince: domain.statusSince,
      version: domain.version,
      cnameTarget: cnameTarget(domain.cnameLabel, known.naming),
      verificationToken: domain.verificationToken,
      fastUntil: domain.fastUntil,
      quietChecks: domain.quietChecks,
      lossSeenAt: domain.lossSeenAt,
      graceEndsAt: domain.graceEndsAt,
      observations: domain.observations,
      certificate: known.certificate,
      holder: known.holder,
      takeoverSeenAt: domain.takeoverSeenAt,
      isTombstone: domain.isTombstone,
      lease,
      dueAt: domain.nextCheckAt,
    },
  ]
}

/**
 * Stores what a check found, and applies its transition by compare-and-set on
 * the lease and the version. A takeover moves the hostname in the same transaction.
 *
 * When the database refuses a second holder of the hostname, everything but the
 * transition is stored: losing the race is a fact about the domain, not an error.
 */
export async function recordCheck(check: CheckRecord, deps: WriteDeps): Promise<CheckOutcome> {
  try {
    return await inTransaction((writing) => store(check, 'applied', writing), deps)
  } catch (error) {
    if (!isRefusedBy(error, 'domains_holder')) throw error
  }
  return inTransaction((writing) => store(check, 'hostname_in_use', writing), deps)
}

async function store(
  check: CheckRecord,
  outcome: 'applied' | 'hostname_in_use',
  writing: Writing,
): Promise<CheckOutcome> {
  const before = await lockLeased(check, writing)
  if (before === undefined) return 'superseded'
  if (before.deleted_at !== null) {
    await storeTombstoneCheck(before, check, writing)
    return 'applied'
  }
  const transition = outcome === 'applied' ? check.transition : undefined
  const holdsThen = transition !== undefined && DOMAIN_STATUSES[transition.to].holdsHostname
  const rival = holdsThen ? transition.takesOverFrom : undefined
  // Why also when there is none to take it from: then this is a claim as any other.
  const isTakeover = rival !== undefined && (await takeHostname(before, rival, check, writing))
  const status = transition?.to ?? before.status
  const isChanged = status !== before.status
  const reason = isChanged ? check.reason : await reasonOf(before, check, outcome, writing)
  const after = await updateChecked(before, { check, status, reason }, writing)
  await storeEvidence(check, writing)
  if (isChanged) {
    await recordTransition({ before, after, check, isTakeover }, writing)
  } else if (reason.code !== before.reason) {
    await addEvent(
      {
        domain: after,
        kind: 'reason_changed',
        statusFrom: before.status,
        evidence: check.evidence,
      },
      writing,
    )
  }
  await remind({ before, after, check }, writing)
  return outcome
}

function updateChecked(
  before: DomainRow,
  { check, status, reason }: Checked,
  { trx, now }: Writing,
): Promise<DomainRow> {
  const isChanged = status !== before.status
  const isAskedAgain = before.check_requested === 1
  return trx
    .updateTable('domains')
    .set({
      ...statusColumns(status),
      ...(isChanged && { status_since: check.checkedAt, version: before.version + 1 }),
      quiet_checks: isChanged || isAskedAgain ? 0 : before.quiet_checks + 1,
      reason: reason.code,
      reason_message: reason.message,
      observations_json: formatObservations(check.observations),
      loss_seen_at: check.lossSeenAt ?? null,
      grace_ends_at: check.graceEndsAt ?? null,
      takeover_seen_at: check.takeoverSeenAt ?? null,
      ownership_missing_since: missingSince(before, check),
      next_check_at: isAskedAgain ? now : (dueByCoreClock(check, now) ?? null),
      lease: null,
      lease_worker: null,
      lease_until: null,
    })
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

type Checked = {
  readonly check: CheckRecord
  readonly status: DomainStatus
  readonly reason: DomainReasonMessage
}

/** Gives since when the TXT record is missing: until it is seen again, it is one fact. */
function missingSince(before: DomainRow, check: CheckRecord): number | null {
  if (check.observations.ownership.state === 'found') return null
  const isReminded = check.reminders.includes('domain.ownership_record_missing')
  return before.ownership_missing_since ?? (isReminded ? check.checkedAt : null)
}

async function reasonOf(
  row: DomainRow,
  check: CheckRecord,
  outcome: CheckOutcome,
  { trx }: Writing,
): Promise<DomainReasonMessage> {
  const { hostname } = row
  if (outcome === 'hostname_in_use') return hostnameInUse(hostname)
  const { status, reason } = toDomain(row)
  if (DOMAIN_STATUSES[status].holdsHostname) return check.reason
  const holders = await readHolders([row], trx)
  return reasonAfterCheck({ status, reason }, check.reason, {
    hostname,
    isHeldByOther: holders.has(row.id),
    hasForeignTombstone: await hasForeignTombstone(row, trx),
  })
}

async function storeEvidence({ domainId, evidence }: CheckRecord, { trx }: Writing): Promise<void> {
  const row = { domain_id: domainId, evidence_json: formatEvidence(evidence) ?? '[]' }
  await trx
    .insertInto('domain_evidence')
    .values(row)
    .onConflict((conflict) => conflict.column('domain_id').doUpdateSet(row))
    .execute()
}

type Recorded = {
  readonly before: DomainRow
  readonly after: DomainRow
  readonly check: CheckRecord
}

async function recordTransition(
  { before, after, check, isTakeover }: Recorded & { readonly isTakeover: boolean },
  writing: Writing,
): Promise<void> {
  const { code, message } = check.transition ?? check.reason
  await addEvent(
    {
      domain: { ...after, reason: code, reason_message: message },
      kind: isTakeover ? 'ownership_moved' : 'status_changed',
      statusFrom: before.status,
      evidence: check.evidence,
    },
    writing,
  )
  // Why as the holder's: every change of status begins or ends with holding the hostname.
  writing.announce({ kind: 'holder', hostname: after.hostname, domainId: after.id })
  if (before.is_holder === 0 && after.is_holder === 1) {
    await forgetTombstones(after.hostname, writing)
  }
  const domain = noticedDomain(after)
  const told = isTakeover
    ? [ownershipNotice(domain, 'gained', ownershipTaken(after.hostname))]
    : domainNotices({ before, after: domain, message, reminders: [] })
  for (const notice of told) {
    await addNotice({ workspaceId: after.workspace_id, domain: after, ...notice }, writing)
  }
}

/** Tells a workspace what it is to be reminded of, unless it was told. */
async function remind({ before, after, check }: Recorded, writing: Writing): Promise<void> {
  const domain = noticedDomain(after)
  // Why by the row as well: the record can be missing for longer than notices are kept.
  const isMissingTold = before.ownership_missing_since !== null
  const reminders = check.reminders.filter(
    (reminder) => reminder !== 'domain.ownership_record_missing' || !isMissingTold,
  )
  for (const notice of domainNotices({ before: after, after: domain, message: '', reminders })) {
    if (await isTold(after.workspace_id, notice.fact, writing)) continue
    await addNotice({ workspaceId: after.workspace_id, domain: after, ...notice }, writing)
    const event = { ...after, reason_message: notice.message }
    const { evidence } = check
    await addEvent({ domain: event, kind: 'reminded', statusFrom: after.status, evidence }, writing)
  }
}

async function isTold(workspaceId: string, fact: string, { trx }: Writing): Promise<boolean> {
  const told = await trx
    .selectFrom('notices')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('fact', '=', fact)
    .executeTakeFirst()
  return told !== undefined
}

/** Gives the row of a check whose lease and version still hold, and keeps it for this writer. */
async function lockLeased(
  check: CheckRecord,
  { trx, engine, now }: Writing,
): Promise<DomainRow | undefined> {
  const query = trx
    .selectFrom('domains')
    .selectAll()
    .where('id', '=', check.domainId)
    .where('lease', '=', check.lease)
  const row = await (engine === 'postgres' ? query.forUpdate() : query).executeTakeFirst()
  if (row === undefined) return undefined
  // Why allowed for: no check depends on settings, so its owner cannot hold up the
  // state of a domain by changing them; any other new version still refuses the check.
  const version = check.expectedVersion + row.settings_changes
  if ((row.lease_until ?? 0) > now && row.version === version) return row
  await trx
    .updateTable('domains')
    .set({
      lease: null,
      lease_worker: null,
      lease_until: null,
      // Why the earlier one: what was due stays due, and a later date must not hide the change.
      next_check_at: sql<number>`case when next_check_at is null or next_check_at > ${now}
        then ${now} else next_check_at end`,
    })
    .where('id', '=', row.id)
    .execute()
  return undefined
}
