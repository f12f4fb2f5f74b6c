/** What a workspace is told about its domains, by webhook and by mail. */
export const NOTICE_EVENTS = [
  'domain.verified',
  'domain.active',
  'domain.degraded',
  'domain.grace_half_over',
  'domain.grace_last_day',
  'domain.suspended',
  'domain.recovered',
  'domain.ownership_record_missing',
  'domain.ownership_changed',
  'certificate.issued',
  'certificate.failing',
  'webhook.disabled',
] as const

/** One of `NOTICE_EVENTS`. */
export type NoticeEvent = (typeof NOTICE_EVENTS)[number]

/** What a check can have a workspace reminded of, besides what its transition tells. */
export const REMINDERS = [
  'domain.grace_half_over',
  'domain.grace_last_day',
  'domain.ownership_record_missing',
] as const satisfies readonly NoticeEvent[]

/** One of `REMINDERS`. */
export type Reminder = (typeof REMINDERS)[number]
