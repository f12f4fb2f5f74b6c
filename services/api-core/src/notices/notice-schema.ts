import { Type, type Static } from 'typebox'
import {
  closed,
  INSTANT,
  instantJson,
  named,
  nullable,
  optionalInstantJson,
  ref,
  word,
} from '../http/schema.ts'
import type { SentNotice } from './sent-notice-store.ts'

/** How a notice fares on its way to one receiver. */
export const NOTICE_DELIVERY = named(
  'NoticeDelivery',
  closed({
    receiver_id: Type.String({ description: 'Of a webhook or a notice recipient.' }),
    kind: word(['webhook', 'mail']),
    status: word(['waiting', 'delivered', 'given_up']),
    attempts: Type.Integer(),
    next_attempt_at: nullable(INSTANT),
    http_status: nullable(Type.Integer({ description: 'Of the last answer.' })),
    error: nullable(Type.String({ description: 'What went wrong at the last attempt.' })),
    ended_at: nullable(INSTANT),
  }),
)

/** A notice with its deliveries. */
export const NOTICE = named(
  'Notice',
  closed({
    id: Type.String({ description: 'Sent to webhooks as `webhook-id`.' }),
    event: Type.String({ examples: ['domain.degraded'] }),
    payload: Type.Object(
      {},
      { additionalProperties: true, description: 'What webhooks are sent; see docs/notices.md.' },
    ),
    created_at: INSTANT,
    deliveries: Type.Array(ref(NOTICE_DELIVERY)),
  }),
)

/** A page of notices. */
export const NOTICE_PAGE = named(
  'NoticePage',
  closed({ data: Type.Array(ref(NOTICE)), next_cursor: nullable(Type.String()) }),
)

/** Writes a notice. */
export function noticeJson(notice: SentNotice): Static<typeof NOTICE> {
  return {
    id: notice.id,
    event: notice.event,
    payload: JSON.parse(notice.payload) as object,
    created_at: instantJson(notice.createdAt),
    deliveries: notice.deliveries.map((delivery) => ({
      receiver_id: delivery.receiverId,
      kind: delivery.kind,
      status: delivery.status,
      attempts: delivery.attempts,
      next_attempt_at: optionalInstantJson(delivery.nextAttemptAt),
      http_status: delivery.httpStatus ?? null,
      error: delivery.error ?? null,
      ended_at: optionalInstantJson(delivery.endedAt),
    })),
  }
}
