import type { DomainStatus } from '@fingerpost/model/domain-status'

/** What the story reads of a domain. */
export type ApiDomain = {
  readonly id: string
  readonly hostname: string
  readonly status: DomainStatus
  readonly status_since: string
  readonly grace_ends_at: string | null
  readonly reason: { readonly code: string; readonly message: string }
  readonly records: readonly {
    readonly type: 'CNAME' | 'TXT'
    readonly name: string
    readonly value: string
    readonly state: string
  }[]
  readonly certificate: {
    readonly status: string
    readonly error: string | null
    readonly error_code: string | null
    readonly not_after: string | null
    readonly next_attempt_at: string | null
  }
}

/** The HTTP API, as an operator's script calls it. */
export class ApiClient {
  readonly #origin: string
  readonly #token: string

  constructor(origin: string, token: string) {
    this.#origin = origin
    this.#token = token
  }

  async createWorkspace(name: string): Promise<string> {
    const workspace = await this.#call('POST', '/v1/workspaces', { name })
    return (workspace as { readonly id: string }).id
  }

  async addDomain(workspaceId: string, hostname: string): Promise<ApiDomain> {
    return this.#domain('POST', `/v1/workspaces/${workspaceId}/domains`, { hostname })
  }

  async getDomain(workspaceId: string, domainId: string): Promise<ApiDomain> {
    return this.#domain('GET', `/v1/workspaces/${workspaceId}/domains/${domainId}`)
  }

  async deleteDomain(workspaceId: string, domainId: string): Promise<void> {
    await this.#call('DELETE', `/v1/workspaces/${workspaceId}/domains/${domainId}`)
  }

  /** What the button "check" does. */
  async checkDomain(workspaceId: string, domainId: string): Promise<void> {
    await this.#call('POST', `/v1/workspaces/${workspaceId}/domains/${domainId}/check`)
  }

  async createLink(
    workspaceId: string,
    link: { readonly domain_id: string; readonly slug: string; readonly destination_url: string },
  ): Promise<{ readonly id: string }> {
    const made = await this.#call('POST', `/v1/workspaces/${workspaceId}/links`, link)
    return made as { readonly id: string }
  }

  async changeLink(
    workspaceId: string,
    linkId: string,
    change: { readonly destination_url: string },
  ): Promise<void> {
    await this.#call('PATCH', `/v1/workspaces/${workspaceId}/links/${linkId}`, change)
  }

  async #domain(method: string, path: string, body?: object): Promise<ApiDomain> {
    return (await this.#call(method, path, body)) as ApiDomain
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(this.#origin + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}
