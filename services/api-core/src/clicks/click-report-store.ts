import { sql, type Kysely } from 'kysely'
import type { Tables } from '../database/tables.ts'
import {
  CLICK_INTERVALS,
  clickSeries,
  type ClickPoint,
  type ClickRange,
  type ClickTotals,
} from '../rules/click-range.ts'

/** Most referrers of a report. */
export const REFERRERS_MAX = 20

/** What is known of a link's clicks in a time. */
export type ClickReport = ClickRange & {
  readonly totals: ClickTotals
  readonly series: readonly ClickPoint[]
  /** The most frequent ones. */
  readonly referrers: readonly Share[]
  readonly devices: readonly Share[]
  readonly countries: readonly Share[]
}

/** How many human visits have a value, as it stands in `click_counts`. */
export type Share = { readonly value: string; readonly human: number }

type Place = { readonly workspaceId: string; readonly linkId: string }

/** Reads what is known of a link's clicks; the most frequent value of each list comes first. */
export async function readClicks(
  place: Place,
  range: ClickRange,
  db: Kysely<Tables>,
): Promise<ClickReport> {
  const points = await readPoints(place, range, db)
  const { totals, series } = clickSeries(range, points)
  const shares = totals.human === 0 ? [] : await readShares(place, range, db)
  const of = (dimension: ShareRow['dimension']): readonly Share[] =>
    shares
      .filter((share) => share.dimension === dimension)
      .map(({ value, human }) => ({ value, human }))
  return {
    ...range,
    totals,
    series,
    referrers: of('referrer'),
    devices: of('device'),
    countries: of('country'),
  }
}

async function readPoints(
  { workspaceId, linkId }: Place,
  { from, to, interval }: ClickRange,
  db: Kysely<Tables>,
): Promise<readonly ClickPoint[]> {
  const ms = sql.lit(CLICK_INTERVALS[interval].intervalMs)
  // Why cast: PostgreSQL's sums are of another type, which comes back as text.
  const { rows } = await sql<ClickPoint>`
    select hour - hour % ${ms} as start, cast(sum(human) as bigint) as human,
      cast(sum(bot) as bigint) as bot, cast(sum(prefetch) as bigint) as prefetch,
      cast(sum(head) as bigint) as head
    from click_hours
    where workspace_id = ${workspaceId} and link_id = ${linkId}
      and hour >= ${from} and hour < ${to}
    group by hour - hour % ${ms}`.execute(db)
  return rows
}

type ShareRow = Share & { readonly dimension: 'referrer' | 'device' | 'country' }

/** Reads all lists in one pass over the link's rows. */
async function readShares(
  { workspaceId, linkId }: Place,
  { from, to }: ClickRange,
  db: Kysely<Tables>,
): Promise<readonly ShareRow[]> {
  const { rows } = await sql<ShareRow>`
    with combinations as materialized (
      select referrer, device, country, sum(count) as human
      from click_counts
      where workspace_id = ${workspaceId} and link_id = ${linkId}
        and hour >= ${from} and hour < ${to} and visitor = 'human'
      group by referrer, device, country
    ), referrers as (
      select 'referrer' as dimension, referrer as value, cast(sum(human) as bigint) as human
      from combinations group by referrer
      order by 3 desc, 2 limit ${sql.lit(REFERRERS_MAX)}
    )
    select dimension, value, human from referrers
    union all
    select 'device', device, cast(sum(human) as bigint) from combinations group by device
    union all
    select 'country', country, cast(sum(human) as bigint) from combinations group by country
    order by 3 desc, 2`.execute(db)
  return rows
}
