import { Type } from 'typebox'
import { CERTIFICATE_ERROR_CODES, CERTIFICATE_STATUSES } from '@fingerpost/model/certificate'
import { EVIDENCE_ROLES } from '@fingerpost/model/dns-evidence'
import {
  CAA_STATES,
  DOMAIN_REASONS,
  PROBE_STATES,
  RECORD_STATES,
} from '@fingerpost/model/domain-check'
import { DOMAIN_STATUS_NAMES } from '@fingerpost/model/domain-status'
import { EVENT_KINDS } from '../events/event-store.ts'
import { closed, INSTANT, named, nullable, ref, word } from '../http/schema.ts'
import { STAGE_IDS, STAGE_STATES } from '../rules/stages/stage.ts'

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

const OBSERVATION = {
  state: { ...word(RECORD_STATES), description: '`unknown`: it could not be looked up.' },
  found: Type.Array(Type.String(), { description: 'What was found, as published.' }),
  hint: {
    ...nullable(Type.String()),
    description: 'What is probably wrong, and how to put it right.',
  },
  propagation: {
    ...nullable(closed({ until: nullable(INSTANT), servers: Type.Array(Type.String()) })),
    description:
      'The servers that still give the older answer, and until when they may; null: all agree.',
  },
  checked_at: nullable(INSTANT),
}

/** A DNS record to publish, and what was seen of it. */
export const DOMAIN_RECORD = named(
  'DomainRecord',
  closed({
    type: word(['CNAME', 'TXT']),
    name: Type.String(),
    value: Type.String(),
    purpose: word(['routing', 'ownership']),
    ...OBSERVATION,
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
    status: word(CERTIFICATE_STATUSES),
    issuer: nullable(Type.String()),
    key_type: nullable(Type.String()),
    not_before: nullable(INSTANT),
    not_after: nullable(INSTANT),
    error: {
      ...nullable(Type.String()),
      description: 'Why none can be had, and what to do, for people.',
    },
    error_code: { ...nullable(word(CERTIFICATE_ERROR_CODES)), description: 'For machines.' },
    next_attempt_at: {
      ...nullable(INSTANT),
      description: 'When the next attempt can be made; null: at any time.',
    },
    checked_at: nullable(INSTANT),
  }),
)

/** What fetching our own proof by HTTP from every published address gave. */
export const PROBE = named(
  'Probe',
  closed({
    state: {
      ...word(PROBE_STATES),
      description: 'Whether requests to port 80 of every address arrive here; `unknown`: not told.',
    },
    message: Type.String(),
    checked_at: nullable(INSTANT),
  }),
)

/** Whether CAA records let the CA issue. */
export const CAA = named(
  'Caa',
  closed({
    state: { ...word(CAA_STATES), description: '`unknown` forbids nothing.' },
    message: Type.String(),
    fix: { ...nullable(Type.String()), description: 'What to change when they forbid.' },
    checked_at: nullable(INSTANT),
  }),
)

/** A raw answer: of a DNS server, of a probed address, of Caddy, or of the CA. */
export const ANSWER = named(
  'Answer',
  closed({
    role: {
      ...word(EVIDENCE_ROLES),
      description:
        "Who answered: the zone's own name server, a resolver, an address that we asked by HTTP, " +
        "Caddy in a TLS handshake of ours, or the CA, as Caddy's log tells it.",
    },
    server: Type.String({
      description: '`host:port`, the probed address, or the CA; `caddy`: no CA was named.',
    }),
    question: Type.String({
      examples: ['TXT _fingerpost-verify.links.example.com', 'order links.example.com'],
    }),
    outcome: Type.String({
      examples: ['NOERROR', 'NXDOMAIN', 'timeout', 'urn:ietf:params:acme:error:dns'],
    }),
    values: Type.Array(Type.String()),
    ttl_seconds: nullable(Type.Integer()),
    at: INSTANT,
  }),
)

/** A step on a domain's way to its first redirect. */
export const STAGE = named(
  'Stage',
  closed({
    id: word(STAGE_IDS),
    state: {
      ...word(STAGE_STATES),
      description:
        '`done`; `current`: the one to look at; `waiting`: for another stage; `failed`: ' +
        'something has to be put right.',
    },
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
    probe: ref(PROBE),
    caa: ref(CAA),
    stages: Type.Array(ref(STAGE)),
    root_redirect_url: nullable(Type.String()),
    not_found_redirect_url: nullable(Type.String()),
    honours_privacy_signals: HONOURS_PRIVACY_SIGNALS,
    group_id: nullable(Type.String({ description: 'The domain group that it is in.' })),
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

/** An entry of a domain's evidence timeline. */
export const DOMAIN_EVENT = named(
  'DomainEvent',
  closed({
    id: Type.String(),
    kind: word(EVENT_KINDS),
    status_from: nullable(word(DOMAIN_STATUS_NAMES)),
    status_to: word(DOMAIN_STATUS_NAMES),
    reason: ref(DOMAIN_REASON),
    evidence: closed({
      routing: closed(OBSERVATION),
      ownership: closed(OBSERVATION),
      answers: Type.Array(ref(ANSWER), { description: 'The raw answers that it rests on.' }),
    }),
    created_at: INSTANT,
  }),
)

/** A page of a timeline. */
export const DOMAIN_EVENT_PAGE = named(
  'DomainEventPage',
  closed({ data: Type.Array(ref(DOMAIN_EVENT)), next_cursor: nullable(Type.String()) }),
)
