import { Type } from 'typebox'
import { AppError } from '@fingerpost/model/errors'

/** Most rows in one page. */
export const PAGE_LIMIT_MAX = 100
/** Rows in a page of which the caller says nothing. */
export const PAGE_LIMIT_DEFAULT = 50

/** Which page of a list that runs from the newest to the oldest. */
export type PageRequest = {
  readonly limit: number
  /** The id of the last row of the page before; undefined: the first page. */
  readonly before: string | undefined
}

/** A page; `nextCursor` is undefined on the last one. */
export type Page<Item> = {
  readonly items: readonly Item[]
  readonly nextCursor: string | undefined
}

/** The query keys of every list. */
export const PAGE_QUERY = {
  cursor: Type.Optional(
    Type.String({ maxLength: 64, description: 'The `next_cursor` of the page before.' }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: PAGE_LIMIT_MAX,
      default: PAGE_LIMIT_DEFAULT,
      description: 'Most rows in the page.',
    }),
  ),
} as const

/**
 * Reads which page is asked for.
 *
 * @throws {AppError} `cursor_invalid` for a cursor that no page has given
 */
export function readPage(query: {
  readonly cursor?: string
  readonly limit?: number
}): PageRequest {
  const limit = query.limit ?? PAGE_LIMIT_DEFAULT
  if (query.cursor === undefined) return { limit, before: undefined }
  const before = Buffer.from(query.cursor, 'base64url').toString('latin1')
  if (/^[a-z]{2,3}_[0-9a-v]{26}$/.test(before) && encodeCursor(before) === query.cursor) {
    return { limit, before }
  }
  throw new AppError(
    'cursor_invalid',
    'The cursor is not one that a page has given; leave it out to begin with the first page.',
  )
}

/** Makes a page of up to `limit` rows, when one more than that was read. */
export function pageOf<Item extends { readonly id: string }>(
  rows: readonly Item[],
  limit: number,
): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return { items, nextCursor: hasMore ? encodeCursor(last.id) : undefined }
}

/** Writes a page as JSON; `toJson` writes one row. */
export function pageJson<Item, Json>(
  page: Page<Item>,
  toJson: (item: Item) => Json,
): { readonly data: Json[]; readonly next_cursor: string | null } {
  return { data: page.items.map(toJson), next_cursor: page.nextCursor ?? null }
}

function encodeCursor(id: string): string {
  return Buffer.from(id, 'latin1').toString('base64url')
}
