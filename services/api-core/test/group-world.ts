import type { Change, LinkLookup } from '@fingerpost/contract/core-api'
import { hostnameOf, slugOf } from '@fingerpost/contract/fake-rows'
import { inTransaction } from '../src/database/transaction.ts'
import { givenDomain, givenLink, type Installation, type Tenant } from './installation.ts'

/** The hostnames that the random changes are about. */
export const HOSTNAMES = ['a', 'b', 'c', 'd'].map((name) => `${name}.localhost`)
/** The slugs that they are about. */
export const SLUGS = ['', 'x', 'y']

/** What is known of a target. */
export type Known = Pick<LinkLookup, 'domain' | 'link'>

/** Gives what a visitor would notice. */
export function answerOf({ domain, link }: Known): object {
  return {
    status: domain?.status,
    rootUrl: domain?.rootUrl,
    redirectsTo: domain?.redirectsTo,
    destination: link?.destination,
  }
}

/** Keeps domains by hostname and links by hostname and slug, and applies changes, as edges do. */
export class ModelEdge {
  readonly #open: Installation
  readonly #domains = new Map<string, Known['domain']>()
  readonly #links = new Map<string, { readonly domainId: string; readonly link: Known['link'] }>()
  #sequence = 0

  constructor(open: Installation) {
    this.#open = open
  }

  async follow(): Promise<void> {
    const from = { afterSequence: this.#sequence }
    for await (const change of this.#open.core.watchChanges(from, new AbortController().signal)) {
      if (change.kind === 'heartbeat') return
      this.#sequence = change.sequence
      this.#apply(change)
    }
  }

  async find(hostname: string, slug: string): Promise<Known> {
    const domain = this.#domains.get(hostname)
    const entry = this.#links.get(`${hostname}/${slug}`)
    if (domain !== undefined) {
      if (domain.redirectsTo !== undefined) return { domain, link: undefined }
      if (entry?.domainId === domain.id) return { domain, link: entry.link }
    }
    const found = await lookup(this.#open, hostname, slug)
    this.#domains.set(hostname, found.domain)
    if (found.domain !== undefined) {
      this.#links.set(`${hostname}/${slug}`, { domainId: found.domain.id, link: found.link })
    }
    return found
  }

  #apply(change: Change): void {
    if (change.kind === 'hostname_changed') this.#domains.delete(change.hostname)
    if (change.kind === 'link_changed') this.#links.delete(`${change.hostname}/${change.slug}`)
  }
}

/** Makes one random change after another of domains, their groups and their links. */
export class GroupWorld {
  readonly #tenant: Tenant
  readonly #random: () => number
  #count = 0

  constructor(tenant: Tenant, random: () => number) {
    this.#tenant = tenant
    this.#random = random
  }

  async change(open: Installation): Promise<string> {
    this.#count += 1
    const [domains, groups] = await Promise.all([
      this.#list('/domains'),
      this.#list('/domain-groups'),
    ])
    const missing = HOSTNAMES.filter((name) => !domains.some(({ hostname }) => hostname === name))
    if (missing.length > 2 || (missing.length > 0 && this.#random() < 0.3)) {
      await givenDomain(this.#tenant, this.#pick(missing))
      return 'added a domain'
    }
    const { id } = this.#pick(domains)
    const dice = this.#random()
    if (dice < 0.4) return this.#changeLink(id)
    if (dice < 0.45) return this.#send('DELETE', `/domains/${id}`)
    if (dice < 0.52) {
      const url = `https://example.com/root-${this.#count}`
      return this.#send('PATCH', `/domains/${id}`, { root_redirect_url: url })
    }
    if (dice < 0.57) return this.#changeStatus(open, id)
    if (dice < 0.6) return this.#changeCertificate(open)
    if (groups.length === 0) return this.#makeGroup(id, domains)
    const path = `/domain-groups/${this.#pick(groups).id}`
    if (dice < 0.7) return this.#send('PATCH', path, { primary_domain_id: id })
    if (dice < 0.76) return this.#send('PATCH', path, { alternates: this.#mode() })
    if (dice < 0.86) return this.#send('POST', `${path}/domains`, { domain_id: id })
    if (dice < 0.94) return this.#send('DELETE', `${path}/domains/${id}`)
    if (dice < 0.97) return this.#send('DELETE', path)
    return this.#makeGroup(id, domains)
  }

  #makeGroup(id: string, domains: readonly { readonly id: string }[]): Promise<string> {
    return this.#send('POST', '/domain-groups', {
      name: 'x',
      primary_domain_id: id,
      alternate_domain_ids: [this.#pick(domains).id],
      alternates: this.#mode(),
    })
  }

  async #changeLink(domainId: string): Promise<string> {
    const links = await this.#list('/links')
    const destination_url = `https://example.com/${this.#count}`
    if (links.length === 0 || this.#random() < 0.5) {
      const link = { domain_id: domainId, slug: this.#pick(SLUGS), destination_url }
      await givenLink(this.#tenant, link)
      return 'made a link'
    }
    const path = `/links/${this.#pick(links).id}`
    if (this.#random() < 0.3) return this.#send('DELETE', path)
    return this.#send('PATCH', path, { destination_url })
  }

  /** As a check does, or a takeover. */
  async #changeStatus(open: Installation, id: string): Promise<string> {
    const status = this.#pick(['active', 'degraded', 'suspended', 'verified'] as const)
    await inTransaction(
      async ({ trx, announce }) => {
        const { hostname } = await trx
          .updateTable('domains')
          .set({ status })
          .where('id', '=', id)
          .returning('hostname')
          .executeTakeFirstOrThrow()
        announce({ kind: 'holder', hostname, domainId: id })
      },
      { storage: open.storage, feed: open.feed, clock: { now: open.now } },
    )
    return `status ${status}`
  }

  async #changeCertificate({ core, now }: Installation): Promise<string> {
    const error = { code: 'caa', message: 'CAA forbids it.' } as const
    const news = this.#pick([
      { kind: 'issued' },
      { kind: 'failed', error, nextAttemptAt: undefined },
    ] as const)
    const hostname = hostnameOf(this.#pick(HOSTNAMES))
    await core.recordCertificate({ hostname, seenAt: now(), news, evidence: [] })
    return `certificate of ${hostname} ${news.kind}`
  }

  async #list(path: string) {
    const { body } = await this.#tenant.call({ path })
    return body.data as { readonly id: string; readonly hostname: string }[]
  }

  async #send(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<string> {
    const { status } = await this.#tenant.call({ method, path, ...(body && { body }) })
    return `${method} ${path} ${JSON.stringify(body)}: ${status}`
  }

  #mode(): string {
    return this.#pick(['serve', 'redirect'])
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#random() * items.length)]
    if (item === undefined) throw new Error('There is nothing to pick from.')
    return item
  }
}

/** Asks core. */
export function lookup(open: Installation, hostname: string, slug: string): Promise<LinkLookup> {
  return open.core.lookupLink({ hostname: hostnameOf(hostname), slug: slugOf(slug) })
}
