import { destinationOf, hostnameOf, slugOf } from '@fingerpost/contract/fake-rows'
import type { Destination } from '@fingerpost/model/destination'
import type { Hostname } from '@fingerpost/model/hostname'
import type { Slug } from '@fingerpost/model/slug'

/** A link that every subject knows, made from its number alone. */
export type BenchLink = {
  readonly id: string
  readonly hostname: Hostname
  readonly slug: Slug
  readonly destination: Destination
}

/** How many links there are, and on how many hostnames. */
export type LinkSet = { readonly links: number; readonly hostnames: number }

/** Makes one link; the same for the same number, whoever asks. */
export function benchLink(index: number, set: LinkSet): BenchLink {
  const slug = slugAt(index)
  return {
    id: idAt(slug),
    hostname: hostnameOf(hostnameAt(index % set.hostnames)),
    slug: slugOf(slug),
    destination: destinationOf(destinationAt(slug)),
  }
}

/** Makes one link as plain text, which is quicker. */
export function plainLink(
  index: number,
  set: LinkSet,
): { readonly hostname: string; readonly path: string; readonly destination: string } {
  const slug = slugAt(index)
  const hostname = hostnameAt(index % set.hostnames)
  return { hostname, path: `/${slug}`, destination: destinationAt(slug) }
}

/** Gives the name of a hostname by its number. */
export function hostnameAt(index: number): string {
  return `links-${index}.bench.test`
}

// Why multiplied: an odd factor permutes all numbers of 32 bits, so slugs look random and differ.
function slugAt(index: number): string {
  return (Math.imul(index + 1, 2_654_435_761) >>> 0).toString(36).padStart(7, '0')
}

/** Gives the id of the link with a slug. */
export function idAt(slug: string): string {
  return `lnk_${slug.padStart(26, '0')}`
}

/** Gives where the link with a slug leads. */
export function destinationAt(slug: string): string {
  return `https://www.example.com/articles/${slug}?utm_source=newsletter&utm_medium=email`
}
