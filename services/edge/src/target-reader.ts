import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { RESERVED_SLUGS, type Slug } from '@fingerpost/model/slug'
import { BoundedMemo } from './bounded-memo.ts'
import { readRequestTarget, type RequestLine, type RequestTarget } from './rules/request-target.ts'

// Why 260: a name has 253 octets, and there may be a port.
const HOSTS = { entriesMax: 10_000, lengthMax: 260 }

// Why not undefined: that names no hostname is remembered, too.
const NO_HOSTNAME = ''

// One path segment of letters, digits, "-" and "_", perhaps with a query. Such a
// segment is its own slug, if it is not reserved: there is nothing to decode or to fold in it.
const PLAIN_PATH = /^\/([\w-]{1,255})(?:\?|$)/

/**
 * Reads which link a request asks for, as `readRequestTarget` does, and faster
 * for what is asked for most: hostnames seen before and plain paths.
 */
export class TargetReader {
  readonly #hostnames = new BoundedMemo<Hostname | typeof NO_HOSTNAME>(HOSTS, hostnameOf)

  read(line: RequestLine): RequestTarget {
    const { method, host, requestTarget } = line
    if (host === undefined || (method !== 'GET' && method !== 'HEAD')) {
      return readRequestTarget(line)
    }
    const hostname = this.#hostnames.get(host)
    const slug = PLAIN_PATH.exec(requestTarget)?.[1]
    if (hostname === NO_HOSTNAME || slug === undefined) return readRequestTarget(line)
    if (RESERVED_SLUGS.has(slug.toLowerCase())) return readRequestTarget(line)
    return { kind: 'target', hostname, slug: slug as Slug, path: 'link' }
  }
}

function hostnameOf(host: string): Hostname | typeof NO_HOSTNAME {
  return canonicalHostname(host) ?? NO_HOSTNAME
}
