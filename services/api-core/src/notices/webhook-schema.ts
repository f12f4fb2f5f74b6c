import { Type, type Static } from 'typebox'
import { NOTICE_EVENTS } from '@fingerpost/model/notice'
import { closed, INSTANT, instantJson, named, nullable, ref, word } from '../http/schema.ts'
import type { Receiver } from './receiver-store.ts'

// Why far above what is taken: the parsers say what is wrong, in words.
const URL_LENGTH_MAX = 32_768
const EMAIL_LENGTH_MAX = 1_024

const EVENTS = Type.Array(word(NOTICE_EVENTS), {
  maxItems: NOTICE_EVENTS.length,
  uniqueItems: true,
  description: 'Which notices it gets; an empty list: all of them.',
})

const URL = Type.String({
  maxLength: URL_LENGTH_MAX,
  examples: ['https://hooks.example.com/fingerpost'],
})

/** What a webhook is made from. */
export const WEBHOOK_CREATE = named(
  'WebhookCreate',
  closed({ url: URL, events: Type.Optional(EVENTS) }),
)

/** What changes of a webhook. */
export const WEBHOOK_UPDATE = named(
  'WebhookUpdate',
  Type.Object(
    {
      url: Type.Optional(URL),
      events: Type.Optional(EVENTS),
      is_enabled: Type.Optional(
        Type.Boolean({ description: 'Disabling it gives up what waits for it.' }),
      ),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
)

const WEBHOOK_KEYS = {
  id: Type.String({ examples: ['whk_06g2vq5c3r7k9h0d1m2n3p4q5r'] }),
  url: Type.String(),
  events: Type.Array(word(NOTICE_EVENTS)),
  is_enabled: Type.Boolean(),
  disabled_reason: nullable(
    Type.String({ description: 'Why the server disabled it; null: it did not.' }),
  ),
  created_at: INSTANT,
} as const

/** A webhook without its secret. */
export const WEBHOOK = named('Webhook', closed(WEBHOOK_KEYS))

/** A webhook with the secret that it just got. */
export const WEBHOOK_WITH_SECRET = named(
  'WebhookWithSecret',
  closed({
    ...WEBHOOK_KEYS,
    secret: Type.String({ description: 'Signs what it is sent. Shown this once; keep it.' }),
  }),
)

/** A page of webhooks. */
export const WEBHOOK_PAGE = named(
  'WebhookPage',
  closed({ data: Type.Array(ref(WEBHOOK)), next_cursor: nullable(Type.String()) }),
)

/** What a notice recipient is made from. */
export const RECIPIENT_CREATE = named(
  'NoticeRecipientCreate',
  closed({ email: Type.String({ maxLength: EMAIL_LENGTH_MAX, examples: ['ops@example.com'] }) }),
)

/** A mail address that gets the notices. */
export const RECIPIENT = named(
  'NoticeRecipient',
  closed({
    id: Type.String({ examples: ['rcp_06g2vq5c3r7k9h0d1m2n3p4q5r'] }),
    email: Type.String(),
    created_at: INSTANT,
  }),
)

/** A page of notice recipients. */
export const RECIPIENT_PAGE = named(
  'NoticeRecipientPage',
  closed({ data: Type.Array(ref(RECIPIENT)), next_cursor: nullable(Type.String()) }),
)

/** Writes a webhook without its secret. */
export function webhookJson(webhook: Receiver): Static<typeof WEBHOOK> {
  return {
    id: webhook.id,
    url: webhook.address,
    events: [...webhook.events],
    is_enabled: webhook.isEnabled,
    disabled_reason: webhook.disabledReason ?? null,
    created_at: instantJson(webhook.createdAt),
  }
}

/** Writes a notice recipient. */
export function recipientJson(recipient: Receiver): Static<typeof RECIPIENT> {
  const { id, address, createdAt } = recipient
  return { id, email: address, created_at: instantJson(createdAt) }
}
