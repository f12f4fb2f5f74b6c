import { Type, type Static } from 'typebox'
import { DEVICE_CLASSES } from '@fingerpost/model/click'
import { closed, INSTANT, instantJson, named, nullable, ref, word } from '../http/schema.ts'
import { FOLDED } from '../rules/click-folding.ts'
import { CLICK_INTERVAL_NAMES, type ClickPoint, type ClickTotals } from '../rules/click-range.ts'
import { REFERRERS_MAX, type ClickReport } from './click-report-store.ts'

const COUNTS = {
  human: Type.Integer({ description: 'Visits that nothing says were anything else: the clicks.' }),
  bot: Type.Integer({ description: 'Visits of programs that say they are programs.' }),
  prefetch: Type.Integer({ description: 'Fetched in advance, perhaps never seen.' }),
  head: Type.Integer({ description: 'Asked where the link leads, by HEAD, and did not go there.' }),
} as const

/** Visits by their kind. */
export const CLICK_TOTALS = named('ClickTotals', closed(COUNTS))

/** The visits of one interval. */
export const CLICK_POINT = named(
  'ClickPoint',
  closed({
    start: Type.String({
      format: 'date-time',
      description: 'The beginning of the hour or day, in UTC.',
    }),
    ...COUNTS,
  }),
)

const HUMAN = Type.Integer({ description: 'Human visits.' })

/** A link's clicks. */
export const CLICKS = named(
  'Clicks',
  closed({
    from: { ...INSTANT, description: 'Where the time begins: the start of an interval.' },
    to: { ...INSTANT, description: 'Where it ends: the start of the first interval left out.' },
    interval: word(CLICK_INTERVAL_NAMES),
    totals: ref(CLICK_TOTALS),
    series: Type.Array(ref(CLICK_POINT), {
      description: 'Every interval, the earliest first, those without visits too.',
    }),
    referrers: Type.Array(
      closed({
        referrer: nullable(
          Type.String({
            description:
              'Registrable domain of the page that led here; null: none was told. ' +
              `"${FOLDED}": those that an hour of the link had too many of.`,
          }),
        ),
        human: HUMAN,
      }),
      { maxItems: REFERRERS_MAX, description: 'The most frequent ones, the most frequent first.' },
    ),
    devices: Type.Array(closed({ device: word(DEVICE_CLASSES), human: HUMAN }), {
      description: 'The most frequent first. "unknown": not told, or withheld.',
    }),
    countries: Type.Array(
      closed({
        country: nullable(
          Type.String({
            description:
              'ISO 3166-1 alpha-2; null: not known. ' +
              `"${FOLDED}": those that an hour of the link had too many of.`,
            examples: ['DE'],
          }),
        ),
        human: HUMAN,
      }),
      { description: 'The most frequent first.' },
    ),
  }),
)

/** Writes a link's clicks. */
export function clicksJson(report: ClickReport): Static<typeof CLICKS> {
  return {
    from: instantJson(report.from),
    to: instantJson(report.to),
    interval: report.interval,
    totals: countsJson(report.totals),
    series: report.series.map(pointJson),
    referrers: report.referrers.map(({ value, human }) => ({ referrer: value || null, human })),
    devices: report.devices.map(({ value, human }) => ({
      device: DEVICE_CLASSES.find((device) => device === value) ?? 'unknown',
      human,
    })),
    countries: report.countries.map(({ value, human }) => ({ country: value || null, human })),
  }
}

function pointJson(point: ClickPoint): Static<typeof CLICK_POINT> {
  return { start: instantJson(point.start), ...countsJson(point) }
}

function countsJson({ human, bot, prefetch, head }: ClickTotals): Static<typeof CLICK_TOTALS> {
  return { human, bot, prefetch, head }
}
