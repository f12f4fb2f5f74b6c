import type { VisitorKind } from '@fingerpost/model/click'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'

const DAY_MS: DurationMs = 86_400_000

/** The intervals that clicks are given by, in UTC, each with the longest span it is given for. */
export const CLICK_INTERVALS = {
  hour: { intervalMs: 3_600_000, spanMsMax: 31 * DAY_MS },
  day: { intervalMs: DAY_MS, spanMsMax: 400 * DAY_MS },
} as const satisfies Record<string, { intervalMs: DurationMs; spanMsMax: DurationMs }>

/** One of `CLICK_INTERVALS`. */
export type ClickInterval = keyof typeof CLICK_INTERVALS

/** The names of `CLICK_INTERVALS`. */
export const CLICK_INTERVAL_NAMES: readonly ClickInterval[] = ['hour', 'day']

/** The span of a question that names no beginning. */
const SPAN_MS_DEFAULT: DurationMs = 7 * DAY_MS

/** A time, from its first interval to before `to`. */
export type ClickRange = {
  readonly from: EpochMs
  readonly to: EpochMs
  readonly interval: ClickInterval
}

/**
 * Decides which time a question is about: up to `now` and for seven days unless
 * it says otherwise, then widened to whole intervals.
 */
export function clickRange(
  asked: {
    readonly from: EpochMs | undefined
    readonly to: EpochMs | undefined
    readonly interval: ClickInterval
  },
  now: EpochMs,
):
  { readonly ok: true; readonly range: ClickRange } | { readonly ok: false; readonly why: string } {
  const { interval } = asked
  const { intervalMs, spanMsMax } = CLICK_INTERVALS[interval]
  const to = asked.to ?? now
  const from = asked.from ?? Math.max(0, to - SPAN_MS_DEFAULT)
  if (from >= to) {
    return { ok: false, why: '"from" has to be before "to", which is now unless set.' }
  }
  if (to - from > spanMsMax) {
    const days = spanMsMax / DAY_MS
    return { ok: false, why: `By the ${interval} it can be ${days} days at most.` }
  }
  return {
    ok: true,
    range: {
      from: Math.floor(from / intervalMs) * intervalMs,
      to: Math.ceil(to / intervalMs) * intervalMs,
      interval,
    },
  }
}

/** Clicks by the kind of visit. */
export type ClickTotals = { readonly [Visitor in VisitorKind]: number }

/** The clicks of one interval. */
export type ClickPoint = ClickTotals & { readonly start: EpochMs }

/** Gives every interval of a time, those without clicks too, and the sum of them. */
export function clickSeries(
  { from, to, interval }: ClickRange,
  points: readonly ClickPoint[],
): { readonly totals: ClickTotals; readonly series: readonly ClickPoint[] } {
  const { intervalMs } = CLICK_INTERVALS[interval]
  const known = new Map(points.map((point) => [point.start, point]))
  const series = Array.from({ length: (to - from) / intervalMs }, (_, index) => {
    const start = from + index * intervalMs
    return known.get(start) ?? { start, ...NO_CLICKS }
  })
  return { totals: series.reduce(add, NO_CLICKS), series }
}

const NO_CLICKS: ClickTotals = { human: 0, bot: 0, prefetch: 0, head: 0 }

function add(one: ClickTotals, other: ClickTotals): ClickTotals {
  return {
    human: one.human + other.human,
    bot: one.bot + other.bot,
    prefetch: one.prefetch + other.prefetch,
    head: one.head + other.head,
  }
}
