import type { CoreUnderTest } from '../../../packages/contract/test/core-contract.ts'
import {
  givenDomain,
  givenLink,
  givenTenant,
  openInstallation,
  type Answer,
  type Call,
  type Tenant,
} from './installation.ts'

/** Opens api-core, as the contract's tests want it, over the database of a URL. */
export async function openCore(url: string): Promise<CoreUnderTest> {
  const installation = await openInstallation(url)
  const tenants = new Map<string, Promise<Tenant>>()
  const owners = new Map<string, Tenant>()
  const tenantOf = (workspace: string): Promise<Tenant> => {
    const tenant = tenants.get(workspace) ?? givenTenant(installation, workspace)
    tenants.set(workspace, tenant)
    return tenant
  }
  const callOwner = async (id: string, call: Call): Promise<Answer> => {
    const owner = owners.get(id)
    if (owner === undefined) throw new Error(`Nobody owns "${id}".`)
    const answer = await owner.call(call)
    if (answer.status >= 300) throw new Error(answer.text)
    return answer
  }
  return {
    core: installation.core,
    now: installation.now,
    advance: installation.advance,
    async givenDomain(workspace, hostname) {
      const tenant = await tenantOf(workspace)
      const { id } = await givenDomain(tenant, hostname)
      owners.set(id, tenant)
      return id
    },
    async changeDomain(id, rootUrl) {
      const body = { root_redirect_url: rootUrl }
      await callOwner(id, { method: 'PATCH', path: `/domains/${id}`, body })
    },
    async deleteDomain(id) {
      await callOwner(id, { method: 'DELETE', path: `/domains/${id}` })
    },
    async givenLink(domainId, slug, destination) {
      const owner = owners.get(domainId)
      if (owner === undefined) throw new Error(`Nobody owns "${domainId}".`)
      const link = { domain_id: domainId, slug, destination_url: destination }
      const { id } = await givenLink(owner, link)
      owners.set(id, owner)
      return id
    },
    async changeLink(id, destination) {
      const body = { destination_url: destination }
      await callOwner(id, { method: 'PATCH', path: `/links/${id}`, body })
    },
    async deleteLink(id) {
      await callOwner(id, { method: 'DELETE', path: `/links/${id}` })
    },
    async clicksOf(linkId) {
      const rows = await installation.storage.db
        .selectFrom('click_counts')
        .selectAll()
        .where('link_id', '=', linkId)
        .execute()
      return rows.map(({ workspace_id: workspaceId, link_id: id, ...row }) => ({
        ...row,
        workspaceId,
        linkId: id,
      }))
    },
    async forgetChanges() {
      await installation.storage.db.deleteFrom('changes').execute()
    },
    [Symbol.asyncDispose]: () => installation[Symbol.asyncDispose](),
  }
}
