import { sql } from 'kysely'
import { hourOf, type ClickCount } from '@fingerpost/model/click'
import {
  givenDomain,
  givenLink,
  givenTenant,
  type Installation,
  type Tenant,
} from './installation.ts'

/** A link with its workspace, and one click of it in the present hour. */
export type Clicked = { readonly tenant: Tenant; readonly click: ClickCount }

/** Makes a workspace with a link, and a click of it. */
export async function givenClicked(
  open: Installation,
  hostname = 'go.localhost',
): Promise<Clicked> {
  const tenant = await givenTenant(open)
  const domain = await givenDomain(tenant, hostname)
  const link = await givenLink(tenant, { domain_id: domain.id, slug: 'spring' })
  return { tenant, click: clickOf(open, tenant, link.id) }
}

/** Makes a click of a link in the present hour. */
export function clickOf(open: Installation, tenant: Tenant, linkId: string): ClickCount {
  return {
    workspaceId: tenant.id,
    linkId,
    hour: hourOf(open.now()),
    visitor: 'human',
    device: 'mobile',
    referrer: 'example.org',
    country: 'DE',
    count: 1,
  }
}

/** Sends clicks as a source of its own. */
export async function record(open: Installation, ...clicks: readonly ClickCount[]): Promise<void> {
  await open.core.recordClicks({ source: `source-${Math.random()}`, number: 1, clicks })
}

/** What is stored of all clicks, counted and added up in both of their tables. */
export async function storedClicks(open: Installation): Promise<{
  readonly hours: number
  readonly combinations: number
  readonly combinationsNoted: number
  readonly clicks: number
  readonly clicksInHours: number
}> {
  const { rows } = await sql<Awaited<ReturnType<typeof storedClicks>>>`
    select
      (select count(*) from click_hours) as hours,
      (select count(*) from click_counts) as combinations,
      (select cast(coalesce(sum(combinations), 0) as bigint) from click_hours)
        as "combinationsNoted",
      (select cast(coalesce(sum(count), 0) as bigint) from click_counts) as clicks,
      (select cast(coalesce(sum(human + bot + prefetch + head), 0) as bigint) from click_hours)
        as "clicksInHours"`.execute(open.storage.db)
  const [row] = rows
  if (row === undefined) throw new Error('There is no row.')
  return row
}
