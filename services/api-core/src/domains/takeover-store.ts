import type { CheckRecord } from '@fingerpost/contract/core-api'
import type { DomainRow } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'
import { addEvent } from '../events/event-store.ts'
import { addNotice } from '../notices/notice-store.ts'
import { ownershipMoved } from '../rules/claim-words.ts'
import { ownershipNotice } from '../rules/domain-notices.ts'
import { noticedDomain, statusColumns } from './domain-row.ts'
import { withoutValue } from './evidence.ts'

/** Stands in the loser's evidence for the value that is not its own. */
const OTHERS_VALUE = '(the value of another workspace)'

/**
 * Takes a hostname from the domain that holds it, which is a claim from then on
 * and due at once. Nothing happens unless that very domain holds the hostname of
 * the claimant now.
 */
export async function takeHostname(
  claimant: DomainRow,
  holderId: string,
  check: CheckRecord,
  writing: Writing,
): Promise<boolean> {
  const { trx, now } = writing
  const holder = await lockHolder(claimant, holderId, writing)
  if (holder === undefined) return false
  const reason = ownershipMoved(holder.hostname)
  const loser = await trx
    .updateTable('domains')
    .set({
      ...statusColumns('pending_verification'),
      status_since: check.checkedAt,
      reason: reason.code,
      reason_message: reason.message,
      version: holder.version + 1,
      // Why: edges are not told what happens to its links from now on, so that none of those
      // that they know may count when it gets the hostname back.
      links_version: holder.links_version + 1,
      loss_seen_at: null,
      grace_ends_at: null,
      takeover_seen_at: null,
      ownership_missing_since: null,
      quiet_checks: 0,
      next_check_at: now,
      lease: null,
      lease_worker: null,
      lease_until: null,
    })
    .where('id', '=', holder.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  const evidence = withoutValue(check.evidence, claimant.verification_token, OTHERS_VALUE)
  await addEvent(
    { domain: loser, kind: 'ownership_moved', statusFrom: holder.status, evidence },
    writing,
  )
  const notice = ownershipNotice(noticedDomain(loser), 'lost', reason.message)
  await addNotice({ workspaceId: loser.workspace_id, domain: loser, ...notice }, writing)
  return true
}

function lockHolder(
  claimant: DomainRow,
  holderId: string,
  { trx, engine }: Writing,
): Promise<DomainRow | undefined> {
  const query = trx
    .selectFrom('domains')
    .selectAll()
    .where('id', '=', holderId)
    .where('hostname', '=', claimant.hostname)
    .where('workspace_id', '!=', claimant.workspace_id)
    .where('is_holder', '=', 1)
  return (engine === 'postgres' ? query.forUpdate() : query).executeTakeFirst()
}
