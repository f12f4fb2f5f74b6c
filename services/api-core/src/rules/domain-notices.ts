import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { NoticeEvent, Reminder } from '@fingerpost/model/notice'
import type { EpochMs } from '@fingerpost/model/time'

/** What of a domain the notices are told from. */
export type NoticedDomain = {
  readonly id: string
  readonly hostname: string
  readonly status: DomainStatus
  readonly statusSince: EpochMs
  /** Undefined unless degraded. */
  readonly graceEndsAt: EpochMs | undefined
  /** Since when the TXT record of a proved domain is known to be missing. */
  readonly ownershipMissingSince: EpochMs | undefined
}

/** What happened to a domain. */
export type Happening = {
  readonly before: Pick<NoticedDomain, 'status'>
  readonly after: NoticedDomain
  /** Why the status changed, if it did. */
  readonly message: string
  readonly reminders: readonly Reminder[]
}

/** One thing that a workspace is to be told of a domain. */
export type DomainNotice = {
  readonly event: NoticeEvent
  /** The same however often it is told. */
  readonly fact: string
  readonly message: string
  readonly details: Readonly<Record<string, string | number | null>>
}

/**
 * Decides what a workspace is told after a check: the change of status, if there
 * was one, and each reminder. What could not be seen changes no status and is
 * told to nobody.
 */
export function domainNotices(happening: Happening): readonly DomainNotice[] {
  const { before, after, message, reminders } = happening
  const told = reminders.map((reminder) => reminderNotice(reminder, after))
  const event = after.status === before.status ? undefined : EVENTS[after.status](before.status)
  if (event === undefined) return told
  return [noticeOf(event, after, `${OPENINGS[event](after.hostname)} ${message}`), ...told]
}

/** Tells either side of a takeover that the hostname moved. */
export function ownershipNotice(
  domain: NoticedDomain,
  side: 'gained' | 'lost',
  message: string,
): DomainNotice {
  const notice = noticeOf('domain.ownership_changed', domain, message)
  return { ...notice, details: { ...notice.details, hostname_was: side } }
}

type TransitionEvent =
  'domain.verified' | 'domain.active' | 'domain.degraded' | 'domain.suspended' | 'domain.recovered'

const EVENTS: Readonly<Record<DomainStatus, (from: DomainStatus) => TransitionEvent | undefined>> =
  {
    // Why nothing: only a takeover leads back there, and it is told as such.
    pending_verification: () => undefined,
    verified: () => 'domain.verified',
    active: (from) =>
      from === 'degraded' || from === 'suspended' ? 'domain.recovered' : 'domain.active',
    degraded: () => 'domain.degraded',
    suspended: () => 'domain.suspended',
  }

const OPENINGS: Readonly<Record<TransitionEvent, (hostname: string) => string>> = {
  'domain.verified': (hostname) => `The ownership of "${hostname}" is proved.`,
  'domain.active': (hostname) => `"${hostname}" works: its visitors arrive here.`,
  'domain.degraded': (hostname) => `"${hostname}" does not lead here any more.`,
  'domain.suspended': (hostname) => `"${hostname}" is not served any more.`,
  'domain.recovered': (hostname) => `"${hostname}" works again.`,
}

function reminderNotice(reminder: Reminder, domain: NoticedDomain): DomainNotice {
  const { hostname, graceEndsAt } = domain
  switch (reminder) {
    case 'domain.grace_half_over':
    case 'domain.grace_last_day': {
      const end = graceEndsAt === undefined ? 'soon' : `at ${instant(graceEndsAt)}`
      const message =
        `"${hostname}" still does not lead here. Its redirects and its certificate end ${end}, ` +
        'unless DNS leads here again before.'
      return noticeOf(reminder, domain, message)
    }
    case 'domain.ownership_record_missing': {
      const message =
        `The TXT record of "${hostname}" is gone. Redirects go on, but whoever controls the DNS ` +
        'zone could move the hostname to another workspace. Publish the record again to keep it.'
      return noticeOf(reminder, domain, message)
    }
    default:
      return reminder satisfies never
  }
}

function noticeOf(event: NoticeEvent, domain: NoticedDomain, message: string): DomainNotice {
  const { status, statusSince, graceEndsAt } = domain
  return {
    event,
    fact: factOf(event, domain),
    message,
    details: {
      status,
      status_since: instant(statusSince),
      grace_ends_at: graceEndsAt === undefined ? null : instant(graceEndsAt),
    },
  }
}

/** Names what a notice about a domain tells: the same until it happens anew. */
export function factOf(
  event: NoticeEvent,
  { id, statusSince, ownershipMissingSince }: NoticedDomain,
): string {
  const isOwnership = event === 'domain.ownership_record_missing'
  const since = isOwnership ? (ownershipMissingSince ?? statusSince) : statusSince
  return `${event}:${id}:${since}`
}

function instant(at: EpochMs): string {
  return new Date(at).toISOString()
}
