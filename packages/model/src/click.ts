import type { EpochMs } from './time.ts'

/**
 * What kind of visit a click was.
 *
 * - `human`: nothing says otherwise
 * - `bot`: a program that says so
 * - `prefetch`: fetched in advance, perhaps never seen
 * - `head`: asked where the link leads, did not go there
 */
export const VISITOR_KINDS = ['human', 'bot', 'prefetch', 'head'] as const

/** One of `VISITOR_KINDS`. */
export type VisitorKind = (typeof VISITOR_KINDS)[number]

/** The classes of device that are told apart; `unknown`: not told, or withheld. */
export const DEVICE_CLASSES = ['desktop', 'mobile', 'tablet', 'other', 'unknown'] as const

/** One of `DEVICE_CLASSES`. */
export type DeviceClass = (typeof DEVICE_CLASSES)[number]

/** What is counted of a click besides its link and hour. Nothing of it names a person. */
export type ClickDimensions = {
  readonly visitor: VisitorKind
  readonly device: DeviceClass
  /** Registrable domain of the page that led here; empty: none was told. */
  readonly referrer: string
  /** ISO 3166-1 alpha-2, upper case; empty: not known. */
  readonly country: string
}

/** Clicks of one link in one hour that have everything in common that is counted. */
export type ClickCount = ClickDimensions & {
  readonly workspaceId: string
  readonly linkId: string
  /** The beginning of the hour in UTC. */
  readonly hour: EpochMs
  /** 1 to `CLICK_COUNT_MAX`. */
  readonly count: number
}

/** Most clicks in one `ClickCount`. */
export const CLICK_COUNT_MAX = 4_294_967_295

const HOUR_MS = 3_600_000

/** Gives the beginning of the hour, in UTC, that an instant lies in. */
export function hourOf(instant: EpochMs): EpochMs {
  return instant - (instant % HOUR_MS)
}
