import { Type } from 'typebox'
import type { Clock } from '@fingerpost/chassis/clock'
import { AppError } from '@fingerpost/model/errors'
import type { EpochMs } from '@fingerpost/model/time'
import type { Storage } from '../database/storage.ts'
import { workspaceIdOf } from '../http/access.ts'
import { needsScope, WORKSPACE_PATH, type ApiInstance } from '../http/route.ts'
import { answer, closed, INSTANT, PROBLEM_RESPONSE, word } from '../http/schema.ts'
import { getLink } from '../links/link-store.ts'
import {
  CLICK_INTERVAL_NAMES,
  CLICK_INTERVALS,
  clickRange,
  type ClickInterval,
  type ClickRange,
} from '../rules/click-range.ts'
import { readClicks } from './click-report-store.ts'
import { CLICKS, clicksJson } from './click-schema.ts'

// Why there: widened to whole days it still is an instant of RFC 3339, which has no later year.
const INSTANT_MAX = Date.UTC(9999, 11, 31)
const INTERVAL_DEFAULT: ClickInterval = 'day'

/** Adds the route of a link's clicks. */
export function clickRoutes(
  app: ApiInstance,
  { storage, clock }: { readonly storage: Storage; readonly clock: Pick<Clock, 'now'> },
): void {
  app.get(
    '/v1/workspaces/:workspace_id/links/:link_id/clicks',
    {
      config: needsScope('links:read'),
      schema: {
        operationId: 'getLinkClicks',
        tags: ['links'],
        summary: 'Get how often a link was followed, by the hour or day',
        description:
          'Visits are counted by the hour in UTC and kept for 400 days. What edges counted in ' +
          'the last seconds may be missing. Referrers, devices and countries are of human ' +
          'visits only.',
        params: Type.Object({ ...WORKSPACE_PATH, link_id: Type.String() }),
        querystring: closed({
          from: Type.Optional({
            ...INSTANT,
            description: 'The beginning; seven days before "to" unless set.',
          }),
          to: Type.Optional({
            ...INSTANT,
            description: 'The end, now unless set. Both are widened to whole intervals.',
          }),
          interval: Type.Optional({
            ...word(CLICK_INTERVAL_NAMES),
            default: INTERVAL_DEFAULT,
            description: 'From "from" to "to" it can be 31 days by the hour, 400 by the day.',
          }),
        }),
        response: { 200: answer(CLICKS, 'The clicks.'), default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const { id: linkId, workspaceId } = await getLink(
        workspaceIdOf(request),
        request.params.link_id,
        storage.db,
      )
      const range = readRange(request.query, clock.now())
      return clicksJson(await readClicks({ workspaceId, linkId }, range, storage.db))
    },
  )
}

function readRange(
  query: { readonly from?: string; readonly to?: string; readonly interval?: ClickInterval },
  now: EpochMs,
): ClickRange {
  const { interval = INTERVAL_DEFAULT } = query
  const asked = { from: readInstant('from', query), to: readInstant('to', query), interval }
  const decided = clickRange(asked, now)
  if (decided.ok) return decided.range
  const daysMax = CLICK_INTERVALS[interval].spanMsMax / 86_400_000
  throw new AppError('query_invalid', decided.why, { facts: { interval, days_max: daysMax } })
}

function readInstant(
  field: 'from' | 'to',
  query: { readonly from?: string; readonly to?: string },
): EpochMs | undefined {
  const text = query[field]
  if (text === undefined) return undefined
  const at = Date.parse(text)
  if (at >= 0 && at <= INSTANT_MAX) return at
  throw new AppError('query_invalid', `"${field}" is not an instant that can be asked for.`, {
    facts: { field },
  })
}
