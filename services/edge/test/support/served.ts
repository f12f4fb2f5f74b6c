import type { LinkTarget } from '@fingerpost/contract/core-api'
import {
  domainRow,
  hostnameOf,
  linkRow,
  servedDomain,
  servedLink,
  slugOf,
} from '@fingerpost/contract/fake-rows'
import type { ServedDomain, ServedLink } from '@fingerpost/model/link'

/** Gives the target that a test means; throws when it is none. */
export function targetOf(hostname: string, slug: string): LinkTarget {
  return { hostname: hostnameOf(hostname), slug: slugOf(slug) }
}

/** Gives the active domain "dom_1" of the workspace "ws_1". */
export function activeDomain(hostname: string, honoursPrivacySignals = true): ServedDomain {
  return servedDomain(domainRow('dom_1', { hostname, status: 'active', honoursPrivacySignals }, 0))
}

/** Gives a link to https://example.com/ of the domain "dom_1". */
export function plainLink(id: string, slug: string): ServedLink {
  return servedLink(linkRow(id, 'dom_1', { slug, destination: 'https://example.com/' }))
}
