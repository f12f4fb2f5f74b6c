import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { RecordObservation } from '@fingerpost/model/domain-check'
import type { Reminder } from '@fingerpost/model/notice'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { OwnershipObservation } from './ownership-observation.ts'

/** What reminders depend on; the status is the one after the check. */
export type ReminderFacts = {
  readonly status: DomainStatus
  readonly lossSeenAt: EpochMs | undefined
  readonly graceEndsAt: EpochMs | undefined
  /** Whether this look saw for certain that routing is lost. */
  readonly isLossSeen: boolean
  readonly ownership: OwnershipObservation['kind']
  /** What was stored of the TXT record before. */
  readonly ownershipBefore: Pick<RecordObservation, 'state'>
}

const DAY_MS: DurationMs = 86_400_000

/**
 * Decides what the owner of a domain is to be reminded of: that half of the grace
 * period is over, that its last day has begun, that the TXT record is gone (seen by two
 * looks in a row). Only what this look saw for certain is a reason. Whoever stores the
 * reminders tells each fact once.
 */
export function dueReminders(facts: ReminderFacts, now: EpochMs): readonly Reminder[] {
  const due: Reminder[] = []
  const grace = graceReminder(facts, now)
  if (grace !== undefined) due.push(grace)
  if (isOwnershipRecordMissing(facts)) due.push('domain.ownership_record_missing')
  return due
}

function graceReminder(facts: ReminderFacts, now: EpochMs): Reminder | undefined {
  const { status, lossSeenAt, graceEndsAt, isLossSeen } = facts
  if (status !== 'degraded' || !isLossSeen) return undefined
  if (lossSeenAt === undefined || graceEndsAt === undefined || now >= graceEndsAt) return undefined
  const graceMs = graceEndsAt - lossSeenAt
  // Why only one: both at once, after we were away, would be two mails about one thing.
  if (graceMs > 2 * DAY_MS && now >= graceEndsAt - DAY_MS) return 'domain.grace_last_day'
  return now >= lossSeenAt + graceMs / 2 ? 'domain.grace_half_over' : undefined
}

const MISSING: ReadonlySet<OwnershipObservation['kind']> = new Set(['missing', 'wrong'])

function isOwnershipRecordMissing(facts: ReminderFacts): boolean {
  const { status, ownership, ownershipBefore } = facts
  // Why not of a pending domain: nothing was there to go.
  if (status === 'pending_verification' || !MISSING.has(ownership)) return false
  return ownershipBefore.state === 'missing' || ownershipBefore.state === 'wrong'
}
