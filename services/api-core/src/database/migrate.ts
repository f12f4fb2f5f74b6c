import type { Kysely } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import * as first from './migrations/0001-first.ts'
import * as dataPlane from './migrations/0002-data-plane.ts'
import * as clicks from './migrations/0003-clicks.ts'
import * as edges from './migrations/0004-edges.ts'
import * as controlPlane from './migrations/0005-control-plane.ts'
import type { Storage } from './storage.ts'
import type { Tables } from './tables.ts'

/** All migrations by name; they run in the order of their names, each once. */
const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-data-plane': dataPlane,
  '0003-clicks': clicks,
  '0004-edges': edges,
  '0005-control-plane': controlPlane,
}

/**
 * Brings the tables to the form that this version wants. Several processes may
 * do so at once: one works, the others wait and then find nothing to do.
 *
 * @throws {AppError} `storage_unavailable` when the database cannot be reached
 */
export async function migrate({ db, withTime }: MigrateDeps): Promise<readonly string[]> {
  const known = await migratorOf(db).getMigrations()
  const isBehind = known.some((migration) => migration.executedAt === undefined)
  // Why not always with time: whoever only starts again must not wait for a silent server.
  return isBehind ? withTime(toLatest) : toLatest(db)
}

type MigrateDeps = Pick<Storage, 'db' | 'withTime'>

async function toLatest(db: Kysely<Tables>): Promise<readonly string[]> {
  const { error, results } = await migratorOf(db).migrateToLatest()
  if (error !== undefined) throw toError(error)
  return (results ?? []).map((result) => result.migrationName)
}

function migratorOf(db: Kysely<Tables>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } })
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The migrations failed.', { cause: error })
}
