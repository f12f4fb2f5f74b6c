import { isOwnAddress, type Destination } from '@fingerpost/model/destination'
import { canonicalHostname, type Hostname } from '@fingerpost/model/hostname'
import { ROOT_SLUG } from '@fingerpost/model/slug'

/** Where a domain sends visitors for whom there is no link; null and undefined: nowhere. */
export type Fallbacks = {
  readonly rootUrl: Destination | null | undefined
  readonly notFoundUrl: Destination | null | undefined
}

/**
 * Finds the hostname by which a domain's own URLs lead visitors round in a circle;
 * undefined: by none.
 *
 * @param hostnames every hostname that shows these URLs
 */
export function hostnameOfLoop(
  { rootUrl, notFoundUrl }: Fallbacks,
  hostnames: readonly Hostname[],
): Hostname | undefined {
  const notFoundHostname =
    typeof notFoundUrl === 'string' ? canonicalHostname(new URL(notFoundUrl).hostname) : undefined
  return hostnames.find(
    (hostname) =>
      // Why the whole hostname: a link that is deleted later would make it a circle.
      hostname === notFoundHostname ||
      (typeof rootUrl === 'string' && isOwnAddress(rootUrl, hostname, ROOT_SLUG)),
  )
}
