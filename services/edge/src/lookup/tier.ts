import type { LinkLookup, LinkTarget } from '@fingerpost/contract/core-api'

/** The tiers below L1 that can answer a lookup. */
export type LowerTierName = 'core'

/** The tier that an answer came from. */
export type TierName = 'l1' | LowerTierName

/**
 * What a tier says of a target. `cannot_tell` is never an absence: it is not
 * cached, and no visitor is told that something does not exist because of it.
 */
export type TierAnswer =
  | { readonly kind: 'answered'; readonly tier: LowerTierName; readonly lookup: LinkLookup }
  | { readonly kind: 'cannot_tell' }

/**
 * A tier below L1, with everything below it: what it does not know it asks the
 * next one. It answers within its own deadline, and never rejects.
 */
export interface Tier {
  get(target: LinkTarget): Promise<TierAnswer>
}
