import t from 'tap'
import { parseDestination, type Destination } from '@fingerpost/model/destination'
import { DOMAIN_STATUS_NAMES, type DomainStatus } from '@fingerpost/model/domain-status'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { REDIRECT_STATUSES, type ServedDomain, type ServedLink } from '@fingerpost/model/link'
import { parseSlug, ROOT_SLUG, type Slug } from '@fingerpost/model/slug'
import { answerFor, BROWSER_TTL_MS, type Answer } from './answer.ts'

const NOW = 1_800_000_000_000
const SPRING = slug('spring')
const THERE = destination('https://example.com/there')
const ROOT_URL = destination('https://example.com/root')
const NOT_FOUND_URL = destination('https://example.com/lost')

const DOMAIN: ServedDomain = {
  id: 'dom_1',
  workspaceId: 'ws_1',
  hostname: hostname('links.example.com'),
  status: 'active',
  rootUrl: undefined,
  notFoundUrl: undefined,
  redirectsTo: undefined,
  honoursPrivacySignals: true,
  version: 1,
}
const LINK: ServedLink = {
  id: 'lnk_1',
  slug: SPRING,
  destination: THERE,
  redirectStatus: 302,
  expiresAt: undefined,
  isDisabled: false,
  version: 1,
}
const QUESTION = { slug: SPRING, path: 'link' } as const
const FALLBACKS = { ...DOMAIN, rootUrl: ROOT_URL, notFoundUrl: NOT_FOUND_URL }

const STATUS_ANSWERS: Readonly<Record<DomainStatus, Answer>> = {
  pending_verification: { kind: 'page', page: 'unknown_hostname' },
  verified: redirect(302, 0),
  active: redirect(302, 0),
  degraded: redirect(302, 0),
  suspended: { kind: 'page', page: 'suspended' },
}

for (const status of DOMAIN_STATUS_NAMES) {
  const then = STATUS_ANSWERS[status]
  t.test(`a link of a domain that is ${status} is answered by its status`, async (t) => {
    t.same(answerFor(QUESTION, { domain: { ...DOMAIN, status }, link: LINK }, NOW), then)
  })
  t.test(`a domain that is ${status} decides before its own URLs do`, async (t) => {
    const domain = { ...FALLBACKS, status }
    const answers = [
      answerFor(QUESTION, { domain, link: undefined }, NOW),
      answerFor({ slug: ROOT_SLUG, path: 'link' }, { domain, link: undefined }, NOW),
      answerFor({ slug: ROOT_SLUG, path: 'no_link' }, { domain, link: undefined }, NOW),
    ]
    const own = [fallback(NOT_FOUND_URL), fallback(ROOT_URL), fallback(NOT_FOUND_URL)]
    t.same(answers, then.kind === 'page' ? [then, then, then] : own)
  })
}

for (const status of DOMAIN_STATUS_NAMES) {
  t.test(`an alternate that redirects and is ${status} does so on every path`, async (t) => {
    const primary = hostname('primary.example.com')
    const domain = { ...FALLBACKS, status, redirectsTo: primary }
    const own = STATUS_ANSWERS[status]
    const then = own.kind === 'page' ? own : { kind: 'alternate_redirect', primary }
    for (const path of ['link', 'no_link', 'reserved_file'] as const) {
      for (const link of [undefined, LINK, { ...LINK, isDisabled: true }]) {
        t.same(answerFor({ ...QUESTION, path }, { domain, link }, NOW), then)
      }
    }
  })
}

t.test('a hostname without a domain is unknown', async (t) => {
  t.same(answerFor(QUESTION, { domain: undefined, link: undefined }, NOW), {
    kind: 'page',
    page: 'unknown_hostname',
  })
})

const EXPIRIES = [
  { expiresAt: NOW - 1, isGone: true },
  { expiresAt: NOW, isGone: true },
  { expiresAt: NOW + 1, isGone: false },
  { expiresAt: undefined, isGone: false },
]
for (const { expiresAt, isGone } of EXPIRIES) {
  for (const isDisabled of [true, false]) {
    const name = `a link that expires ${expiresAt === undefined ? 'never' : `at now ${expiresAt - NOW}`}`
    t.test(`${name}, ${isDisabled ? 'disabled' : 'enabled'}`, async (t) => {
      const link = { ...LINK, expiresAt, isDisabled }
      const expected =
        isGone || isDisabled ? ({ kind: 'page', page: 'gone' } as const) : redirect(302, 0)
      t.same(answerFor(QUESTION, { domain: FALLBACKS, link }, NOW), expected)
      const root = { slug: ROOT_SLUG, path: 'link' } as const
      t.same(answerFor(root, { domain: FALLBACKS, link }, NOW), expected, 'the root link as well')
    })
  }
}

t.test(
  'only permanent redirects may be kept by a browser, and never beyond the expiry',
  async (t) => {
    const browserTtlMs = (redirectStatus: (typeof REDIRECT_STATUSES)[number], lifeMs?: number) => {
      const expiresAt = lifeMs === undefined ? undefined : NOW + lifeMs
      const link = { ...LINK, redirectStatus, expiresAt }
      const answer = answerFor(QUESTION, { domain: DOMAIN, link }, NOW)
      return 'status' in answer ? [answer.status, answer.browserTtlMs] : undefined
    }
    for (const status of [301, 308] as const) {
      t.same(browserTtlMs(status), [status, BROWSER_TTL_MS])
      t.same(browserTtlMs(status, BROWSER_TTL_MS + 1), [status, BROWSER_TTL_MS])
      t.same(browserTtlMs(status, BROWSER_TTL_MS - 1), [status, BROWSER_TTL_MS - 1])
      t.same(browserTtlMs(status, 1), [status, 1])
    }
    for (const status of [302, 307] as const) t.same(browserTtlMs(status), [status, 0])
  },
)

t.test('a path without a link gets a page when the domain names no URL', async (t) => {
  const knowledge = { domain: DOMAIN, link: undefined }
  const page = (name: string) => ({ kind: 'page', page: name })
  t.same(answerFor(QUESTION, knowledge, NOW), page('not_found'))
  t.same(answerFor({ slug: ROOT_SLUG, path: 'link' }, knowledge, NOW), page('root'))
  t.same(answerFor({ slug: ROOT_SLUG, path: 'no_link' }, knowledge, NOW), page('not_found'))
})

t.test('a path that no link can have is never answered by the root link', async (t) => {
  const knowledge = { domain: DOMAIN, link: { ...LINK, slug: ROOT_SLUG } }
  const question = { slug: ROOT_SLUG, path: 'no_link' } as const
  t.same(answerFor(question, knowledge, NOW), { kind: 'page', page: 'not_found' })
})

t.test('files that programs fetch by themselves lead nowhere', async (t) => {
  const question = { slug: ROOT_SLUG, path: 'reserved_file' } as const
  const knowledge = { domain: FALLBACKS, link: { ...LINK, slug: ROOT_SLUG } }
  t.same(answerFor(question, knowledge, NOW), { kind: 'page', page: 'not_found' })
})

function redirect(status: 302, browserTtlMs: number): Answer {
  return { kind: 'redirect', status, location: THERE, browserTtlMs }
}

function fallback(location: Destination): Answer {
  return { kind: 'fallback_redirect', status: 302, location, browserTtlMs: 0 }
}

function hostname(text: string): Hostname {
  const name = canonicalHostname(text)
  if (name === undefined) throw new Error(text)
  return name
}

function slug(text: string): Slug {
  const parsed = parseSlug(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.slug
}

function destination(text: string): Destination {
  const parsed = parseDestination(text)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.destination
}
