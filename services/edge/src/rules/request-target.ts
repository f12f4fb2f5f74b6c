import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import {
  isWellKnownPath,
  RESERVED_SLUGS,
  ROOT_SLUG,
  slugFromRequestTarget,
  type Slug,
} from '@fingerpost/model/slug'

/** What the edge reads of a request; nothing else of it has a say in the answer. */
export type RequestLine = {
  readonly method: string
  /** As received; Node has refused what is not ASCII. */
  readonly requestTarget: string
  /** The one `Host` header as received; undefined: there is none, or more than one. */
  readonly host: string | undefined
}

/**
 * What a path can name on a hostname.
 *
 * - `link`: there may be a link with this slug
 * - `no_link`: no link can have this path
 * - `reserved_file`: a file that programs fetch by themselves; never a link, and no
 *   visitor to be sent anywhere
 */
export type PathKind = 'link' | 'no_link' | 'reserved_file'

/** A parsed request: what to look up, or why there is nothing to look up. */
export type RequestTarget =
  | {
      readonly kind: 'target'
      readonly hostname: Hostname
      /** The root's slug when the path is no link: the domain still has to be looked up. */
      readonly slug: Slug
      readonly path: PathKind
    }
  | {
      readonly kind: 'refused'
      readonly why:
        'header_too_large' | 'bad_request' | 'method_not_allowed' | 'not_found' | 'unknown_hostname'
    }

/**
 * Reads which link a request asks for. The hostname is the one `Host` header
 * and nothing else; forwarded names are never read. The query has no say.
 *
 * @see RFC 9112 section 3.2 (Host and the forms of a request target)
 */
export function readRequestTarget(line: RequestLine): RequestTarget {
  const { requestTarget, host } = line
  if (host === undefined || !requestTarget.startsWith('/')) return refuse('bad_request')
  if (line.method !== 'GET' && line.method !== 'HEAD') return refuse('method_not_allowed')

  // Why before the hostname: nothing under this path is ever looked up, on any hostname.
  if (!PLAIN_PATH.test(requestTarget) && isWellKnownPath(requestTarget)) return refuse('not_found')
  const hostname = canonicalHostname(host)
  if (hostname === undefined) return refuse(HOST.test(host) ? 'unknown_hostname' : 'bad_request')

  const slug = slugFromRequestTarget(requestTarget)
  if (slug !== undefined) return { kind: 'target', hostname, slug, path: 'link' }
  const path = isReservedFile(requestTarget) ? 'reserved_file' : 'no_link'
  return { kind: 'target', hostname, slug: ROOT_SLUG, path }
}

// Why this test first: it settles ordinary slugs, which can then be neither
// encoded nor `.well-known`, at a fraction of the cost of decoding.
const PLAIN_PATH = /^\/[\w-]*(?:[?#]|$)/

/**
 * A value that is a host, although it can name no domain of ours: an address, a
 * single label, a name with an underscore.
 *
 * @see RFC 3986 section 3.2.2
 */
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d*)?$/i

function refuse(why: Extract<RequestTarget, { kind: 'refused' }>['why']): RequestTarget {
  return { kind: 'refused', why }
}

function isReservedFile(requestTarget: string): boolean {
  const [path = ''] = requestTarget.slice(1).split(/[?#]/, 1)
  return RESERVED_SLUGS.has(path.toLowerCase())
}
