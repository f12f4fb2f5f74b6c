import type { Kysely } from 'kysely'
import type { NoticeEvent } from '@fingerpost/model/notice'
import type { NoticeReceiverRow, Tables } from '../database/tables.ts'

/** Most webhook endpoints and mail addresses of one workspace together. */
export const RECEIVERS_MAX = 20

/** Reads which of a workspace's receivers get notices of an event. */
export async function readWanting(
  event: NoticeEvent,
  workspaceId: string,
  db: Kysely<Tables>,
): Promise<readonly Pick<NoticeReceiverRow, 'id'>[]> {
  const rows = await db
    .selectFrom('notice_receivers')
    .select(['id', 'events_json'])
    .where('workspace_id', '=', workspaceId)
    .where('is_enabled', '=', 1)
    .limit(RECEIVERS_MAX)
    .execute()
  return rows.filter((row) => {
    const events = parseEvents(row.events_json)
    return events.length === 0 || events.includes(event)
  })
}

function parseEvents(json: string): readonly string[] {
  return JSON.parse(json) as readonly string[]
}
