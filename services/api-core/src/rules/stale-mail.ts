import type { NoticeEvent } from '@fingerpost/model/notice'
import { factOf, type NoticedDomain } from './domain-notices.ts'

/** A notice that waits to be mailed. */
export type WaitingNotice = { readonly event: NoticeEvent; readonly fact: string }

/**
 * Decides whether a mail about a domain is not worth sending any more, after it waited for a
 * mail server: nobody wants to be told of a domain that is deleted, or warned of what is over.
 * Programs want every fact, so that this is about mail alone.
 *
 * @returns why it is not sent; undefined: it is
 */
export function whyMailIsStale(
  { event, fact }: WaitingNotice,
  domain: NoticedDomain & { readonly isDeleted: boolean },
): string | undefined {
  if (domain.isDeleted) return 'Not mailed: the domain was deleted before.'
  // Why by the fact: it names since when, so that one warning does not pass for a later one.
  if (!WARNINGS.has(event) || fact === factOf(event, domain)) return undefined
  return 'Not mailed: what it warns of was over before.'
}

const WARNINGS: ReadonlySet<NoticeEvent> = new Set([
  'domain.degraded',
  'domain.grace_half_over',
  'domain.grace_last_day',
  'domain.suspended',
  'domain.ownership_record_missing',
])
