import { Type, type Static } from 'typebox'
import { closed, INSTANT, instantJson, named, ref, text, word } from '../http/schema.ts'
import { ALTERNATES_MODES } from '../rules/group-serving.ts'
import { GROUP_STATUSES, groupStatus, MEMBER_STATUSES } from '../rules/group-status.ts'
import { GROUP_DOMAINS_MAX } from './group-changes-store.ts'
import type { DomainGroup } from './group-store.ts'

const ID_LENGTH_MAX = 64

const NAME = text({ minLength: 1, maxLength: 100 })
const DOMAIN_ID = Type.String({ maxLength: ID_LENGTH_MAX })
const ALTERNATES = Type.Unsafe<(typeof ALTERNATES_MODES)[number]>({
  ...word(ALTERNATES_MODES),
  description:
    'What the other domains do: `serve` the links of the primary, or `redirect` to the same path ' +
    'on it. While the primary is not active, or known to lack a good certificate, they serve, so ' +
    'that no link breaks.',
})

/** What a domain group is made from. */
export const GROUP_CREATE = named(
  'DomainGroupCreate',
  closed({
    name: NAME,
    primary_domain_id: DOMAIN_ID,
    alternate_domain_ids: Type.Optional(
      Type.Array(DOMAIN_ID, { maxItems: GROUP_DOMAINS_MAX, uniqueItems: true }),
    ),
    alternates: ALTERNATES,
  }),
)

/** What changes of a domain group. */
export const GROUP_UPDATE = named(
  'DomainGroupUpdate',
  Type.Object(
    {
      name: Type.Optional(NAME),
      primary_domain_id: Type.Optional({
        ...DOMAIN_ID,
        description: 'A domain of the group. The links of the group become its links.',
      }),
      alternates: Type.Optional(ALTERNATES),
    },
    { additionalProperties: false, minProperties: 1 },
  ),
)

/** Which domain a domain group takes in. */
export const GROUP_MEMBER_ADD = named('DomainGroupMemberAdd', closed({ domain_id: DOMAIN_ID }))

/** A domain of a domain group. */
export const GROUP_MEMBER = named(
  'DomainGroupMember',
  closed({
    domain_id: Type.String(),
    hostname: Type.String(),
    role: word(['primary', 'alternate']),
    status: word(MEMBER_STATUSES),
  }),
)

/** A domain group. */
export const GROUP = named(
  'DomainGroup',
  closed({
    id: Type.String({ examples: ['grp_06g2vq5c3r7k9h0d1m2n3p4q5r'] }),
    workspace_id: Type.String(),
    name: Type.String(),
    primary_domain_id: Type.String(),
    alternates: ALTERNATES,
    status: word(GROUP_STATUSES),
    message: Type.String({ description: 'The status in words, with the hostnames not live.' }),
    domains: Type.Array(ref(GROUP_MEMBER)),
    version: Type.Integer(),
    created_at: INSTANT,
  }),
)

/** A page of domain groups. */
export const GROUP_PAGE = named(
  'DomainGroupPage',
  closed({
    data: Type.Array(ref(GROUP)),
    next_cursor: Type.Union([Type.String(), Type.Null()]),
  }),
)

/** Writes a domain group. */
export function groupJson(group: DomainGroup): Static<typeof GROUP> {
  return {
    id: group.id,
    workspace_id: group.workspaceId,
    name: group.name,
    primary_domain_id: group.primaryDomainId,
    alternates: group.alternates,
    ...groupStatus(group.members),
    domains: group.members.map(({ domainId, hostname, isPrimary, status }) => ({
      domain_id: domainId,
      hostname,
      role: isPrimary ? 'primary' : 'alternate',
      status,
    })),
    version: group.version,
    created_at: instantJson(group.createdAt),
  }
}
