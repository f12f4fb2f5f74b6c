import type { Kysely } from 'kysely'
import type { Hostname } from '@fingerpost/model/hostname'
import type { Tables } from '../database/tables.ts'
import type { RecordNaming } from '../rules/domain-records.ts'

/** Gives the report about a hostname as JSON; undefined: nobody has it. */
export async function describeHostname(
  _hostname: Hostname,
  _naming: RecordNaming,
  _db: Kysely<Tables>,
): Promise<string | undefined> {
  return undefined
}
