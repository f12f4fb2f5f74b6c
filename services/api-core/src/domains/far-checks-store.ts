import type { Kysely } from 'kysely'
import { CHECK_PAUSE_MS_MAX } from '@fingerpost/contract/core-clock'
import type { EpochMs } from '@fingerpost/model/time'
import type { Tables } from '../database/tables.ts'

/** Most domains whose checks are made due again at once. */
export const HASTENED_MAX = 500

/**
 * Makes some domains due whose next check lies further off than any pause: core's clock
 * was ahead when it was set, and until then nobody would look at them. Tells whether
 * there may be more.
 */
export async function hastenChecks(now: EpochMs, db: Kysely<Tables>): Promise<boolean> {
  const tooFar = db
    .selectFrom('domains')
    .select('id')
    .where('next_check_at', 'is not', null)
    .where('next_check_at', '>', now + CHECK_PAUSE_MS_MAX)
    .limit(HASTENED_MAX)
  const { numUpdatedRows } = await db
    .updateTable('domains')
    .set({ next_check_at: now })
    .where('id', 'in', tooFar)
    .executeTakeFirst()
  return Number(numUpdatedRows) >= HASTENED_MAX
}
