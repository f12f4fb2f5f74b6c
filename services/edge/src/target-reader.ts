import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { RESERVED_SLUGS, type Slug } from '@fingerpost/model/slug'
import { readRequestTarget, type RequestLine, type RequestTarget } from './rules/request-target.ts'

/** Most `Host` values whose hostname is remembered. */
const HOSTS_MAX = 10_000

/** Longest `Host` value that is remembered; a name has 253 octets, and there may be a port. */
const HOST_LENGTH_MAX = 260

// One path segment of letters, digits, "-" and "_", perhaps with a query. Such a
// segment is its own slug, if it is not reserved: there is nothing to decode or to fold in it.
const PLAIN_PATH = /^\/([\w-]{1,255})(?:\?|$)/

/**
 * Reads which link a request asks for, as `readRequestTarget` does, and faster
 * for what is asked for most: hostnames seen before and plain paths.
 */
export class TargetReader {
  readonly #hostnames = new Map<string, Hostname>()

  read(line: RequestLine): RequestTarget {
    const { method, host, requestTarget } = line
    if (host === undefined || (method !== 'GET' && method !== 'HEAD')) {
      return readRequestTarget(line)
    }
    const hostname = this.#hostnames.get(host) ?? this.#remember(host)
    const slug = PLAIN_PATH.exec(requestTarget)?.[1]
    if (hostname === undefined || slug === undefined) return readRequestTarget(line)
    if (RESERVED_SLUGS.has(slug.toLowerCase())) return readRequestTarget(line)
    return { kind: 'target', hostname, slug: slug as Slug, path: 'link' }
  }

  #remember(host: string): Hostname | undefined {
    const hostname = canonicalHostname(host)
    if (hostname === undefined || host.length > HOST_LENGTH_MAX) return hostname
    // Why all at once: which ones are in use is not worth keeping track of on every request.
    if (this.#hostnames.size >= HOSTS_MAX) this.#hostnames.clear()
    this.#hostnames.set(host, hostname)
    return hostname
  }
}
