import type { Destination } from '@fingerpost/model/destination'
import { DOMAIN_STATUSES } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { RedirectStatus, ServedDomain, ServedLink } from '@fingerpost/model/link'
import { ROOT_SLUG, type Slug } from '@fingerpost/model/slug'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { PathKind } from './request-target.ts'

/** The page that a visitor is shown when there is nowhere to send them. */
export type AnswerPage = 'root' | 'not_found' | 'gone' | 'suspended' | 'unknown_hostname'

/** What a visitor gets. */
export type Answer =
  | {
      /** `fallback_redirect`: not a link's, but the domain's own URL for `/` or an unknown slug. */
      readonly kind: 'redirect' | 'fallback_redirect'
      readonly status: RedirectStatus
      readonly location: Destination
      /** How long the browser may follow it without asking again; 0: not at all. */
      readonly browserTtlMs: DurationMs
    }
  /** To the same path on the primary of the hostname's group; `alternateLocation` gives where. */
  | { readonly kind: 'alternate_redirect'; readonly primary: Hostname }
  | { readonly kind: 'page'; readonly page: AnswerPage }

/** What was asked for. */
export type Question = { readonly slug: Slug; readonly path: PathKind }

/** What the lookup found; `link` counts only for a question whose path can be a link. */
export type Knowledge = {
  readonly domain: ServedDomain | undefined
  readonly link: ServedLink | undefined
}

/**
 * How long a browser may keep a permanent redirect. Browsers keep one without
 * a stated lifetime as good as for ever, so that its owner could never change,
 * disable or count it again.
 */
export const BROWSER_TTL_MS: DurationMs = 300_000

/**
 * Decides what a visitor gets. Asked on every request, whatever tier knew the
 * domain and the link, so that expiry, disabling and suspension always count.
 *
 * A domain that nobody has proved is answered like one that nobody has.
 *
 * @see RFC 9110 section 15.4 (redirects), 15.5.11 (410), 15.5.20 (421)
 */
export function answerFor(question: Question, knowledge: Knowledge, now: EpochMs): Answer {
  const { domain } = knowledge
  if (domain === undefined) return page('unknown_hostname')
  const { holdsHostname, servesRedirects } = DOMAIN_STATUSES[domain.status]
  if (!holdsHostname) return page('unknown_hostname')
  if (!servesRedirects) return page('suspended')
  const { redirectsTo: primary } = domain
  if (primary !== undefined) return { kind: 'alternate_redirect', primary }

  if (question.path === 'reserved_file') return page('not_found')
  if (question.path === 'no_link') return fallback(domain.notFoundUrl, 'not_found')
  if (knowledge.link !== undefined) return answerForLink(knowledge.link, now)
  return question.slug === ROOT_SLUG
    ? fallback(domain.rootUrl, 'root')
    : fallback(domain.notFoundUrl, 'not_found')
}

function answerForLink(link: ServedLink, now: EpochMs): Answer {
  const { expiresAt, redirectStatus } = link
  if (link.isDisabled || (expiresAt !== undefined && now >= expiresAt)) return page('gone')
  const lifeMs = expiresAt === undefined ? BROWSER_TTL_MS : expiresAt - now
  return {
    kind: 'redirect',
    status: redirectStatus,
    location: link.destination,
    browserTtlMs: IS_PERMANENT[redirectStatus] ? Math.min(BROWSER_TTL_MS, lifeMs) : 0,
  }
}

const IS_PERMANENT: Readonly<Record<RedirectStatus, boolean>> = {
  301: true,
  302: false,
  307: false,
  308: true,
}

function fallback(location: Destination | undefined, otherwise: AnswerPage): Answer {
  if (location === undefined) return page(otherwise)
  return { kind: 'fallback_redirect', status: 302, location, browserTtlMs: 0 }
}

function page(name: AnswerPage): Answer {
  return { kind: 'page', page: name }
}
