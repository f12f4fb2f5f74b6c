import { Type } from 'typebox'
import { DOMAIN_REASONS, RECORD_STATES } from '@fingerpost/model/domain-check'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { EVENT_KINDS } from '../events/event-store.ts'
import { closed, INSTANT, named, nullable, ref, word } from '../http/schema.ts'
import { STAGE_IDS, STAGE_STATES } from '../rules/domain-stages.ts'

// Why far above what the model takes: its parsers say what is wrong, in words.
const HOSTNAME_LENGTH_MAX = 4_096
const URL_LENGTH_MAX = 32_768

const HONOURS_PRIVACY_SIGNALS = Type.Boolean({
  description:
    'Whether a click is counted without its referrer, device and country when the visitor sends ' +
    '`DNT: 1` or `Sec-GPC: 1`; true unless set.',
})

/** What a domain is made from. */
export const DOMAIN_CREATE = named(
  'DomainCreate',
  closed({
    hostname: Type.String({ maxLength: HOSTNAME_LENGTH_MAX, examples: ['links.example.com'] }),
    tier: Type.Optional(
      Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,31}$', description: '"standard" unless set.' }),
    ),
  }),
)

/** What changes of a domain; null clears a URL. */
export const DOMAIN_UPDATE = named(
  'DomainUpdate',
  Type.Object(
    {
      root_redirect_url: Type.Optional(nullable(Type.String({ maxLength: URL_LENGTH_MAX }))),
      not_found_redirect_url: Type.Optional(nullable(Type.String({ maxLength: URL_LENGTH_MAX }))),
      honours_privacy_signals: Type.Optional(HONOURS_PRIVACY_SIGNALS),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
)

/** A DNS record to publish, and what was seen of it. */
export const DOMAIN_RECORD = named(
  'DomainRecord',
  closed({
    type: word(['CNAME', 'TXT']),
    name: Type.String(),
    value: Type.String(),
    purpose: word(['routing', 'ownership']),
    state: word(RECORD_STATES),
    found: Type.Array(Type.String()),
    checked_at: nullable(INSTANT),
  }),
)

/** Why a domain is as it is. */
export const DOMAIN_REASON = named(
  'DomainReason',
  closed({ code: word(DOMAIN_REASONS), message: Type.String() }),
)

/** A domain's certificate. */
export const CERTIFICATE = named(
  'Certificate',
  closed({
    status: word(['none', 'issuing', 'issued', 'failing']),
    issuer: nullable(Type.String()),
    key_type: nullable(Type.String()),
    not_after: nullable(INSTANT),
    error: nullable(Type.String()),
  }),
)

/** A step on a domain's way to its first redirect. */
export const STAGE = named(
  'Stage',
  closed({
    id: word(STAGE_IDS),
    state: word(STAGE_STATES),
    happening: Type.String({ description: 'What is going on.' }),
    you: Type.String({ description: 'What you have to do.' }),
    next: Type.String({ description: 'What comes then.' }),
  }),
)

/** A domain. */
export const DOMAIN = named(
  'Domain',
  closed({
    id: Type.String({ examples: ['dom_06g2vq5c3r7k9h0d1m2n3p4q5r'] }),
    workspace_id: Type.String(),
    hostname: Type.String(),
    tier: Type.String(),
    status: word(DOMAIN_STATUS_NAMES),
    status_since: INSTANT,
    grace_ends_at: nullable(INSTANT),
    reason: ref(DOMAIN_REASON),
    verification_token: Type.String(),
    records: Type.Array(ref(DOMAIN_RECORD)),
    certificate: ref(CERTIFICATE),
    stages: Type.Array(ref(STAGE)),
    root_redirect_url: nullable(Type.String()),
    not_found_redirect_url: nullable(Type.String()),
    honours_privacy_signals: HONOURS_PRIVACY_SIGNALS,
    next_check_at: nullable(INSTANT),
    version: Type.Integer(),
    created_at: INSTANT,
  }),
)

/** A page of domains. */
export const DOMAIN_PAGE = named(
  'DomainPage',
  closed({ data: Type.Array(ref(DOMAIN)), next_cursor: nullable(Type.String()) }),
)

const OBSERVATION = closed({
  state: word(RECORD_STATES),
  found: Type.Array(Type.String()),
  checked_at: nullable(INSTANT),
})

/** An entry of a domain's evidence timeline. */
export const DOMAIN_EVENT = named(
  'DomainEvent',
  closed({
    id: Type.String(),
    kind: word(EVENT_KINDS),
    status_from: nullable(word(DOMAIN_STATUS_NAMES)),
    status_to: word(DOMAIN_STATUS_NAMES),
    reason: ref(DOMAIN_REASON),
    evidence: closed({ routing: OBSERVATION, ownership: OBSERVATION }),
    created_at: INSTANT,
  }),
)

/** A page of a timeline. */
export const DOMAIN_EVENT_PAGE = named(
  'DomainEventPage',
  closed({ data: Type.Array(ref(DOMAIN_EVENT)), next_cursor: nullable(Type.String()) }),
)
