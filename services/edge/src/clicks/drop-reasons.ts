/**
 * Why clicks were not told to core.
 *
 * - `counter_full`: too many different ones within a second
 * - `spool_full`: core was away for so long that the oldest had to go
 * - `refused`: core says the batch is none
 * - `not_saved`: the process ended while neither core nor the disk would have them
 */
export const DROP_REASONS = ['counter_full', 'spool_full', 'refused', 'not_saved'] as const

/** One of `DROP_REASONS`. */
export type DropReason = (typeof DROP_REASONS)[number]
