import { Type, type Static } from 'typebox'
import { pathOfSlug } from '@fingerpost/model/slug'
import { REDIRECT_STATUSES, type RedirectStatus } from '@fingerpost/model/link'
import {
  closed,
  INSTANT,
  instantJson,
  named,
  nullable,
  optionalInstantJson,
  ref,
  text,
} from '../http/schema.ts'
import type { Link } from './link-store.ts'

// Why far above what the model takes: its parsers say what is wrong, in words.
const SLUG_LENGTH_MAX = 4_096
const URL_LENGTH_MAX = 32_768

/** Most tags of one link. */
export const TAGS_MAX = 20
/** Longest tag, in characters. */
export const TAG_LENGTH_MAX = 50

const REDIRECT_STATUS = Type.Unsafe<RedirectStatus>({
  type: 'integer',
  enum: [...REDIRECT_STATUSES],
})

const SETTINGS = {
  redirect_status: Type.Optional(REDIRECT_STATUS),
  expires_at: Type.Optional(nullable(INSTANT)),
  disabled: Type.Optional(Type.Boolean()),
  title: Type.Optional(nullable(text({ minLength: 1, maxLength: 255 }))),
  tags: Type.Optional(
    Type.Array(text({ minLength: 1, maxLength: TAG_LENGTH_MAX }), {
      maxItems: TAGS_MAX,
      uniqueItems: true,
    }),
  ),
} as const

/** What a link is made from. */
export const LINK_CREATE = named(
  'LinkCreate',
  closed({
    domain_id: Type.String({ maxLength: 64 }),
    slug: Type.Optional(
      Type.String({
        maxLength: SLUG_LENGTH_MAX,
        description: 'Empty: the link of "/". Absent: seven random characters.',
      }),
    ),
    destination_url: Type.String({ maxLength: URL_LENGTH_MAX }),
    ...SETTINGS,
  }),
)

/** What changes of a link. */
export const LINK_UPDATE = named(
  'LinkUpdate',
  Type.Object(
    { destination_url: Type.Optional(Type.String({ maxLength: URL_LENGTH_MAX })), ...SETTINGS },
    { additionalProperties: false, minProperties: 1 },
  ),
)

/** A link. */
export const LINK = named(
  'Link',
  closed({
    id: Type.String({ examples: ['lnk_06g2vq5c3r7k9h0d1m2n3p4q5r'] }),
    workspace_id: Type.String(),
    domain_id: Type.String(),
    hostname: Type.String(),
    slug: Type.String(),
    url: Type.String({ description: 'What visitors open.' }),
    destination_url: Type.String(),
    redirect_status: REDIRECT_STATUS,
    expires_at: nullable(INSTANT),
    disabled: Type.Boolean(),
    title: nullable(Type.String()),
    tags: Type.Array(Type.String()),
    version: Type.Integer(),
    created_at: INSTANT,
    updated_at: INSTANT,
  }),
)

/** A page of links. */
export const LINK_PAGE = named(
  'LinkPage',
  closed({ data: Type.Array(ref(LINK)), next_cursor: nullable(Type.String()) }),
)

/** Writes a link. */
export function linkJson(link: Link): Static<typeof LINK> {
  return {
    id: link.id,
    workspace_id: link.workspaceId,
    domain_id: link.domainId,
    hostname: link.hostname,
    slug: link.slug,
    url: `https://${link.hostname}${pathOfSlug(link.slug)}`,
    destination_url: link.destination,
    redirect_status: link.redirectStatus,
    expires_at: optionalInstantJson(link.expiresAt),
    disabled: link.isDisabled,
    title: link.title ?? null,
    tags: [...link.tags],
    version: link.version,
    created_at: instantJson(link.createdAt),
    updated_at: instantJson(link.updatedAt),
  }
}
