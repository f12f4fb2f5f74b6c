import { sql } from 'kysely'
import type { DomainRow } from './tables.ts'

/**
 * The `domain_id` of the links of a row of `domains`. It is another domain's id
 * once a group's primary has changed: the old and the new one swap their links
 * by swapping this, and no link has to be touched.
 *
 * Written as the index `domains_links_home` has it, so that it can be used.
 */
export const LINKS_HOME = sql<string>`coalesce(domains.links_home, domains.id)`

/** Gives the `domain_id` of a domain's links. */
export function linksHomeOf(row: Pick<DomainRow, 'id' | 'links_home'>): string {
  return row.links_home ?? row.id
}
