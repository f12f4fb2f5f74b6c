import type { NoticeEvent } from '@fingerpost/model/notice'

/** A mail of plain text. */
export type MailText = { readonly subject: string; readonly text: string }

/** What of a notice is told by mail. */
export type MailedNotice = {
  readonly event: NoticeEvent
  readonly noticeId: string
  /** Undefined: it is about no domain. */
  readonly hostname: string | undefined
  readonly message: string
  /** RFC 3339; undefined: nothing ends. */
  readonly graceEndsAt: string | undefined
}

/** Longest subject, and longest line of what others have written, in UTF-16 code units. */
export const SUBJECT_LENGTH_MAX = 120
/** Longest message that is mailed. */
export const MESSAGE_LENGTH_MAX = 2_000

/**
 * Writes the mail about a notice: what happened, what to do, until when.
 *
 * What others have written stands on one line of its own without control
 * characters, so that it can neither make a header nor look like our text.
 */
export function mailText(notice: MailedNotice): MailText {
  const { hostname, noticeId, graceEndsAt } = notice
  const { subject, todo } = WORDS[notice.event]
  const about = hostname === undefined ? '' : ` ${hostname}`
  const until =
    graceEndsAt === undefined ? [] : [`Until: ${bounded(graceEndsAt, SUBJECT_LENGTH_MAX)}`, '']
  const lines = [
    `What happened: ${bounded(notice.message, MESSAGE_LENGTH_MAX)}`,
    '',
    `What to do: ${todo}`,
    '',
    ...until,
    '-- ',
    `Notice ${bounded(noticeId, SUBJECT_LENGTH_MAX)} of Fingerpost. You get it because this`,
    'address is a notice recipient of a workspace; who looks after the workspace can remove it.',
    '',
  ]
  return {
    subject: bounded(`${subject}:${about}`.replace(/:$/, ''), SUBJECT_LENGTH_MAX),
    text: lines.join('\n'),
  }
}

const NOTHING = 'Nothing.'
const LEAD_BACK =
  'Make the DNS records of the hostname lead here again, as the domain shows them. It is seen ' +
  'within minutes, and everything goes on by itself.'

const WORDS: Readonly<Record<NoticeEvent, { readonly subject: string; readonly todo: string }>> = {
  'domain.verified': {
    subject: 'Ownership proved',
    todo: 'Publish the routing record of the domain, if it is not there yet.',
  },
  'domain.active': { subject: 'Works', todo: NOTHING },
  'domain.degraded': { subject: 'Does not lead here any more', todo: LEAD_BACK },
  'domain.grace_half_over': { subject: 'Half of the grace period is over', todo: LEAD_BACK },
  'domain.grace_last_day': { subject: 'Last day of the grace period', todo: LEAD_BACK },
  'domain.suspended': { subject: 'Not served any more', todo: LEAD_BACK },
  'domain.recovered': { subject: 'Works again', todo: NOTHING },
  'domain.ownership_record_missing': {
    subject: 'TXT record is gone',
    todo: 'Publish the TXT record again, as the domain shows it.',
  },
  'domain.ownership_changed': {
    subject: 'Moved from one workspace to another',
    todo:
      'If this is a surprise, look at who may change the DNS zone. Publish the TXT record of the ' +
      'workspace that the hostname belongs to, and no other.',
  },
  'certificate.issued': { subject: 'Certificate issued', todo: NOTHING },
  'certificate.failing': {
    subject: 'No certificate can be had',
    todo: 'Do what the message says. It is tried again by itself.',
  },
  'webhook.disabled': {
    subject: 'Webhook disabled',
    todo: 'Repair the endpoint and enable the webhook again. What it missed can be sent again.',
  },
}

function bounded(text: string, lengthMax: number): string {
  // Why also separators: some programs end a line at U+2028 and U+2029, too.
  const line = text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
  return line.length > lengthMax ? `${line.slice(0, lengthMax - 1).toWellFormed()}…` : line
}
