import { sql, type RawBuilder } from 'kysely'
import type { Engine } from './storage.ts'

/**
 * Gives rows to a statement as one parameter, so that it is the same statement,
 * prepared once, however many they are: a table `list` whose column `value` is
 * a row, read by `list.value ->> <index>` on both engines.
 *
 * No text may hold U+0000 or half a surrogate pair: PostgreSQL refuses them.
 */
export function jsonRows(
  rows: readonly (readonly (string | number)[])[],
  engine: Engine,
): RawBuilder<unknown> {
  const json = JSON.stringify(rows)
  return engine === 'postgres'
    ? sql`json_array_elements(${json}::json) as list (value)`
    : sql`json_each(${json}) as list`
}
