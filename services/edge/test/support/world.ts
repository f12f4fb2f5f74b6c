import type { LinkTarget } from '@fingerpost/contract/core-api'
import type { FakeCore } from '@fingerpost/contract/core-fake'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { parseSlug } from '@fingerpost/model/slug'

/** The slugs that the random changes are about. */
export const SLUGS = ['', 'x', 'y'] as const

/** Makes one random change after another that the API would allow. */
export class World {
  readonly #core: FakeCore
  readonly #random: () => number
  readonly #hostnames: readonly string[]
  readonly #domains = new Map<string, string>()
  readonly #links = new Map<string, string>()
  #count = 0

  constructor(core: FakeCore, random: () => number, hostnames: readonly string[]) {
    this.#core = core
    this.#random = random
    this.#hostnames = hostnames
  }

  change(): void {
    this.#count += 1
    const hostname = pick(this.#hostnames, this.#random)
    const domainId = this.#domains.get(hostname)
    if (domainId === undefined) {
      this.#domains.set(hostname, this.#core.givenDomain({ hostname, status: 'active' }))
      return
    }
    const dice = this.#random()
    if (dice < 0.1) {
      this.#core.deleteDomain(domainId)
      this.#domains.delete(hostname)
      for (const key of this.#links.keys()) if (key.startsWith(hostname)) this.#links.delete(key)
    } else if (dice < 0.15) {
      const redirectsTo = this.#random() < 0.4 ? 'primary.example.com' : undefined
      this.#core.changeDomain(domainId, { redirectsTo })
    } else if (dice < 0.2) {
      const status = pick(['active', 'degraded', 'suspended'] as const, this.#random)
      this.#core.changeDomain(domainId, { status })
    } else this.#changeLink(hostname, domainId)
  }

  #changeLink(hostname: string, domainId: string): void {
    const slug = pick(SLUGS, this.#random)
    const key = `${hostname}/${slug}`
    const destination = `https://example.com/${this.#count}`
    const linkId = this.#links.get(key)
    if (linkId === undefined) {
      this.#links.set(key, this.#core.givenLinkOf(domainId, { slug, destination }))
    } else if (this.#random() < 0.2) {
      this.#core.deleteLink(linkId)
      this.#links.delete(key)
    } else this.#core.changeLink(linkId, { destination })
  }
}

/** Gives one of several by chance. */
export function pick<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('Nothing to pick from')
  return item
}

/** Names a target in one text. */
export function nameOf(target: LinkTarget): string {
  return `${target.hostname}/${target.slug}`
}

/** Gives the target of a hostname and a slug that are known to be good. */
export function targetOf(name: string, text: string): LinkTarget {
  const hostname = canonicalHostname(name)
  const slug = parseSlug(text)
  if (hostname === undefined || !slug.ok) throw new Error(`${name}/${text}`)
  return { hostname, slug: slug.slug }
}
