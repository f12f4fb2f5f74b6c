import type { Kysely } from 'kysely'
import { AppError } from '@fingerpost/model/errors'
import type { DurationMs, EpochMs } from '@fingerpost/model/time'
import type { Tables } from '../database/tables.ts'
import type { Writing } from '../database/transaction.ts'

/** How long a key and its answer are kept. */
export const IDEMPOTENCY_KEPT_MS: DurationMs = 86_400_000

/** A key with the request that it was first sent with. */
export type KeyUse = { readonly owner: string; readonly key: string; readonly requestHash: string }

/**
 * Finds the answer that a key got before; undefined: the key is new, or too old.
 *
 * @throws {AppError} `idempotency_key_reused` when it came with another request,
 *   `idempotency_key_spent` when its answer held a secret
 */
export async function findAnswer<Answer>(
  use: KeyUse,
  { trx, now }: Writing,
): Promise<Answer | undefined> {
  const row = await trx
    .selectFrom('idempotency_keys')
    .selectAll()
    .where('owner', '=', use.owner)
    .where('key', '=', use.key)
    .executeTakeFirst()
  if (row === undefined || row.created_at <= now - IDEMPOTENCY_KEPT_MS) return undefined
  if (row.request_hash !== use.requestHash) {
    throw new AppError(
      'idempotency_key_reused',
      'This Idempotency-Key was used for another request; take a new one.',
    )
  }
  if (row.response_json === null) {
    throw new AppError(
      'idempotency_key_spent',
      'This request was done before. Its answer held a secret that is not kept: ' +
        'delete what it made, and send it with a new Idempotency-Key.',
    )
  }
  return JSON.parse(row.response_json) as Answer
}

/** Keeps the answer to a key in place of one that is too old. */
export async function keepAnswer(
  use: KeyUse & { readonly responseJson: string | null },
  { trx, now }: Writing,
): Promise<void> {
  await trx
    .deleteFrom('idempotency_keys')
    .where('owner', '=', use.owner)
    .where('key', '=', use.key)
    .where('created_at', '<=', now - IDEMPOTENCY_KEPT_MS)
    .execute()
  await trx
    .insertInto('idempotency_keys')
    .values({
      owner: use.owner,
      key: use.key,
      request_hash: use.requestHash,
      response_json: use.responseJson,
      created_at: now,
    })
    .execute()
}

/** Deletes the keys that are too old. */
export async function pruneAnswers(now: EpochMs, db: Kysely<Tables>): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<=', now - IDEMPOTENCY_KEPT_MS)
    .execute()
}
