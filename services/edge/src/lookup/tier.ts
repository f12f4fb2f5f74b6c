import type { LinkLookup, LinkTarget } from '@fingerpost/contract/core-api'
import type { DurationMs } from '@fingerpost/model/time'

/** The tiers below L1 that can answer a lookup. */
export type LowerTierName = 'l2' | 'core'

/** The tier that an answer came from. */
export type TierName = 'l1' | LowerTierName

/**
 * What a tier says of a target. `cannot_tell` is never an absence: it is not
 * cached, and no visitor is told that something does not exist because of it.
 */
export type TierAnswer =
  | {
      readonly kind: 'answered'
      readonly tier: LowerTierName
      readonly lookup: LinkLookup
      /** How long ago core confirmed it. */
      readonly ageMs: DurationMs
    }
  | { readonly kind: 'cannot_tell' }

/** What is wanted of an answer. */
export type Wanted = {
  /** An older answer is of use only when there is no younger one to be had. */
  readonly maxAgeMs: DurationMs
}

/**
 * A tier below L1, with everything below it: what it does not know it asks the
 * next one. It answers within its own deadline, and never rejects.
 */
export interface Tier {
  get(target: LinkTarget, wanted: Wanted): Promise<TierAnswer>
}
