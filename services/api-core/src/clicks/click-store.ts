import { sql, type RawBuilder } from 'kysely'
import type { ClickBatch } from '@fingerpost/contract/core-api'
import type { ClickCount } from '@fingerpost/model/click'
import type { DurationMs } from '@fingerpost/model/time'
import { isId } from '../database/ids.ts'
import { jsonRows } from '../database/json-rows.ts'
import { LINKS_HOME } from '../database/links-home.ts'
import type { ClickCountRow, ClickHourRow } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'
import {
  admitCombinations,
  combinationKey,
  FOLDING_STEPS,
  hourKey,
  mergeClicks,
  sumHours,
  type Combinations,
} from '../rules/click-folding.ts'

/** How long clicks are kept, by the hour in which they were. */
export const CLICKS_KEPT_MS: DurationMs = 400 * 86_400_000

/**
 * Adds a batch of counted clicks, unless it was added before. Clicks of links
 * that are not there, or not the workspace's, are dropped, and so are those too
 * old to be kept.
 *
 * It announces nothing, so it never holds the head of the changes. A batch holds
 * the row of its source and then, in the order of their key, those of its hours;
 * every combination is written under the row of its hour. So batches wait for
 * each other but never in a circle.
 */
export async function recordClicks(batch: ClickBatch, writing: Writing): Promise<void> {
  if (!(await isNews(batch, writing))) return
  const oldest = writing.now - CLICKS_KEPT_MS
  const possible = batch.clicks.filter(
    // Why by their form: what is no id is no link's, and could not even be compared.
    ({ linkId, workspaceId, hour }) =>
      isId(linkId, 'lnk') && isId(workspaceId, 'ws') && hour > oldest,
  )
  if (possible.length === 0) return
  const merged = mergeClicks(possible)
  const combinations = await addToHours(merged, writing)
  await addToCombinations(
    merged.filter((click) => combinations.has(hourKey(click))),
    combinations,
    writing,
  )
}

/** Notes that a batch is applied; tells whether it was not before. */
async function isNews({ source, number }: ClickBatch, { trx, now }: Writing): Promise<boolean> {
  const noted = await trx
    .insertInto('click_sources')
    .values({ source, last_number: number, updated_at: now })
    .onConflict((conflict) =>
      conflict
        .column('source')
        .doUpdateSet({ last_number: number, updated_at: now })
        .where('click_sources.last_number', '<', number),
    )
    .returning('source')
    .executeTakeFirst()
  return noted !== undefined
}

type HourKeyRow = Pick<ClickHourRow, 'workspace_id' | 'link_id' | 'hour' | 'combinations'>

/** Adds to the totals of the hours of links that there are; gives what combinations these have. */
async function addToHours(
  clicks: readonly ClickCount[],
  { trx, engine }: Writing,
): Promise<Combinations> {
  const list = jsonRows(
    sumHours(clicks).map(({ workspaceId, linkId, hour, human, bot, prefetch, head }) => [
      workspaceId,
      linkId,
      hour,
      human,
      bot,
      prefetch,
      head,
    ]),
    engine,
  )
  const { rows } = await sql<HourKeyRow>`
    insert into click_hours
      (workspace_id, link_id, hour, combinations, human, bot, prefetch, head)
    select links.workspace_id, links.id, ${bigintAt(2)}, 0,
      ${bigintAt(3)}, ${bigintAt(4)}, ${bigintAt(5)}, ${bigintAt(6)}
    from ${list}
      join links on links.id = list.value ->> 1 and links.workspace_id = list.value ->> 0
      join domains on ${LINKS_HOME} = links.domain_id and domains.deleted_at is null
    where true
    order by 2, 3
    on conflict (link_id, hour) do update set
      human = click_hours.human + excluded.human,
      bot = click_hours.bot + excluded.bot,
      prefetch = click_hours.prefetch + excluded.prefetch,
      head = click_hours.head + excluded.head
    returning workspace_id, link_id, hour, combinations`.execute(trx)
  return new Map(
    rows.map(({ workspace_id: workspaceId, link_id: linkId, hour, combinations }) => [
      hourKey({ workspaceId, linkId, hour }),
      combinations,
    ]),
  )
}

async function addToCombinations(
  clicks: readonly ClickCount[],
  before: Combinations,
  writing: Writing,
): Promise<void> {
  let combinations = before
  let left = clicks
  const admitted: ClickCount[] = []
  for (const step of FOLDING_STEPS) {
    const missing = await addToExisting(left, writing)
    if (missing.length === 0) break
    const decided = admitCombinations(missing, combinations, step)
    admitted.push(...decided.admitted)
    ;({ combinations, folded: left } = decided)
    if (left.length === 0) break
  }
  if (admitted.length === 0) return
  await insertCombinations(admitted, writing)
  await noteCombinations(admitted, combinations, writing)
}

type CombinationRow = Omit<ClickCountRow, 'count'>

/** Adds to the combinations that there are already; gives the others. */
async function addToExisting(
  clicks: readonly ClickCount[],
  { trx, engine }: Writing,
): Promise<readonly ClickCount[]> {
  if (clicks.length === 0) return []
  const { rows } = await sql<CombinationRow>`
    update click_counts set count = count + ${bigintAt(7)}
    from ${jsonRows(clicks.map(countRow), engine)}
    where workspace_id = list.value ->> 0
      and link_id = list.value ->> 1 and hour = ${bigintAt(2)}
      and visitor = list.value ->> 3 and device = list.value ->> 4
      and referrer = list.value ->> 5 and country = list.value ->> 6
    returning workspace_id, link_id, hour, visitor, device, referrer, country`.execute(trx)
  if (rows.length === clicks.length) return []
  const there = new Set(
    rows.map(({ workspace_id: workspaceId, link_id: linkId, ...row }) =>
      combinationKey({ ...row, workspaceId, linkId }),
    ),
  )
  return clicks.filter((click) => !there.has(combinationKey(click)))
}

async function insertCombinations(
  clicks: readonly ClickCount[],
  { trx, engine }: Writing,
): Promise<void> {
  await sql`
    insert into click_counts
      (workspace_id, link_id, hour, visitor, device, referrer, country, count)
    select list.value ->> 0, list.value ->> 1, ${bigintAt(2)}, list.value ->> 3,
      list.value ->> 4, list.value ->> 5, list.value ->> 6, ${bigintAt(7)}
    from ${jsonRows(clicks.map(countRow), engine)}
    order by 2, 3, 4, 5, 6, 7`.execute(trx)
}

async function noteCombinations(
  added: readonly ClickCount[],
  combinations: Combinations,
  { trx, engine }: Writing,
): Promise<void> {
  const hours = sumHours(added).map((hour) => [
    hour.linkId,
    hour.hour,
    combinations.get(hourKey(hour)) ?? 0,
  ])
  await sql`
    update click_hours set combinations = ${bigintAt(2)}
    from ${jsonRows(hours, engine)}
    where link_id = list.value ->> 0 and hour = ${bigintAt(1)}`.execute(trx)
}

function countRow(click: ClickCount): readonly (string | number)[] {
  const { workspaceId, linkId, hour, visitor, device, referrer, country, count } = click
  return [workspaceId, linkId, hour, visitor, device, referrer, country, count]
}

function bigintAt(index: number): RawBuilder<number> {
  return sql`cast(list.value ->> ${sql.lit(index)} as bigint)`
}
