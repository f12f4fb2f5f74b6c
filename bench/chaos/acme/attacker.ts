import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Installation } from '../../../test/story/installation.ts'

const CALL_MS_MAX = 10_000

/** Somebody who may do anything in the workspace that holds the hostname, by the HTTP API. */
export class Attacker {
  readonly #origin: string
  readonly #token: string

  static async in(
    workspaceId: string,
    installation: Installation,
    dataDir: string,
  ): Promise<Attacker> {
    const token = (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim()
    const { core } = installation.ports
    return new Attacker(`http://127.0.0.1:${core}/v1/workspaces/${workspaceId}`, token)
  }

  private constructor(origin: string, token: string) {
    this.#origin = origin
    this.#token = token
  }

  /** Tries to make a link; gives the slug as it was stored, or undefined when it is refused. */
  async makeLink(
    domainId: string,
    slug: string,
    destinationUrl: string,
  ): Promise<string | undefined> {
    const link = { domain_id: domainId, slug, destination_url: destinationUrl }
    const { status, body } = await this.#call('POST', '/links', link)
    if (status === 201) return storedSlug(body)
    if (status === 400 || status === 409 || status === 422) return undefined
    throw new Error(`A link answered ${status}: ${JSON.stringify(body)}`)
  }

  /** Changes settings of a domain; null clears one. */
  async changeDomain(
    domainId: string,
    change: Readonly<Record<string, string | null>>,
  ): Promise<void> {
    const { status, body } = await this.#call('PATCH', `/domains/${domainId}`, change)
    if (status !== 200) throw new Error(`The domain answered ${status}: ${JSON.stringify(body)}`)
  }

  /** Makes a domain redirect everything to another one. */
  async redirectTo(primaryId: string, alternateId: string): Promise<void> {
    const { status, body } = await this.#call('POST', '/domain-groups', {
      name: 'Attack',
      primary_domain_id: primaryId,
      alternate_domain_ids: [alternateId],
      alternates: 'redirect',
    })
    if (status !== 201) throw new Error(`The group answered ${status}: ${JSON.stringify(body)}`)
  }

  async #call(method: string, path: string, body: object) {
    const answer = await fetch(this.#origin + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_MS_MAX),
    })
    const told: unknown = await answer.json()
    return { status: answer.status, body: told }
  }
}

function storedSlug(link: unknown): string {
  if (typeof link === 'object' && link !== null && 'slug' in link) return String(link.slug)
  throw new Error('The link has no slug.')
}
