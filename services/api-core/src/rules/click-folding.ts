import {
  DEVICE_CLASSES,
  VISITOR_KINDS,
  type ClickCount,
  type VisitorKind,
} from '@fingerpost/model/click'
import type { EpochMs } from '@fingerpost/model/time'

/** Stands for every referrer or country that was one too many. No hostname has parentheses. */
export const FOLDED = '(other)'

/** Most combinations of what is counted that one link has in one hour. */
export const COMBINATIONS_MAX = 500

/**
 * How counts are folded that do not fit, in order: each step is tried with the
 * combinations that an hour may have by then, and folds what finds no room.
 *
 * Visitors choose the referrer, so it is given up first, and long before the
 * country. What is left when both are folded are closed lists, for which there
 * is always room: so made-up referrers cannot fill the disk, and no click is lost.
 */
export const FOLDING_STEPS: readonly FoldingStep[] = [
  { combinationsMax: 400, fold: (click) => ({ ...click, referrer: FOLDED }) },
  {
    combinationsMax: COMBINATIONS_MAX - VISITOR_KINDS.length * DEVICE_CLASSES.length,
    fold: (click) => ({ ...click, referrer: FOLDED, country: FOLDED }),
  },
  { combinationsMax: COMBINATIONS_MAX, fold: (click) => click },
]

/** A step of folding. */
export type FoldingStep = {
  readonly combinationsMax: number
  readonly fold: (click: ClickCount) => ClickCount
}

/** How many combinations each hour of each link has, by `hourKey`. */
export type Combinations = ReadonlyMap<string, number>

/**
 * Decides which of the new combinations fit into their hours; the others are
 * given folded and merged, for the next step. Those with the most clicks come first.
 */
export function admitCombinations(
  clicks: readonly ClickCount[],
  combinations: Combinations,
  step: FoldingStep,
): {
  readonly admitted: readonly ClickCount[]
  readonly folded: readonly ClickCount[]
  /** With those that were admitted. */
  readonly combinations: Combinations
} {
  const admitted: ClickCount[] = []
  const folded: ClickCount[] = []
  const after = new Map(combinations)
  for (const click of clicks.toSorted((one, other) => other.count - one.count)) {
    const key = hourKey(click)
    const taken = after.get(key) ?? 0
    if (taken < step.combinationsMax) {
      after.set(key, taken + 1)
      admitted.push(click)
    } else {
      folded.push(step.fold(click))
    }
  }
  return { admitted, folded: mergeClicks(folded), combinations: after }
}

/** Adds up the counts that have everything else in common. */
export function mergeClicks(clicks: readonly ClickCount[]): readonly ClickCount[] {
  const merged = new Map<string, ClickCount>()
  for (const click of clicks) {
    const key = combinationKey(click)
    const count = (merged.get(key)?.count ?? 0) + click.count
    merged.set(key, { ...click, count })
  }
  return [...merged.values()]
}

/** The clicks of one link in one hour by the kind of visit. */
export type HourTotals = Pick<ClickCount, 'workspaceId' | 'linkId' | 'hour'> & {
  readonly [Visitor in VisitorKind]: number
}

/** Adds up the counts of each hour of each link. */
export function sumHours(clicks: readonly ClickCount[]): readonly HourTotals[] {
  const hours = new Map<string, HourTotals>()
  for (const { workspaceId, linkId, hour, visitor, count } of clicks) {
    const key = hourKey({ workspaceId, linkId, hour })
    const before = hours.get(key) ?? { ...NO_CLICKS, workspaceId, linkId, hour }
    hours.set(key, { ...before, [visitor]: before[visitor] + count })
  }
  return [...hours.values()]
}

const NO_CLICKS = { human: 0, bot: 0, prefetch: 0, head: 0 } as const

/** Tells the hours of all links apart. */
export function hourKey(hour: {
  readonly workspaceId: string
  readonly linkId: string
  readonly hour: EpochMs
}): string {
  return `${hour.workspaceId} ${hour.linkId} ${hour.hour}`
}

/** Tells all that is counted apart. */
export function combinationKey(click: Omit<ClickCount, 'count'>): string {
  const { visitor, device, referrer, country } = click
  return `${hourKey(click)} ${visitor} ${device} ${country} ${referrer}`
}
