import { Type, type Static } from 'typebox'
import { closed, INSTANT, instantJson, named, nullable, ref, text, word } from '../http/schema.ts'
import { SCOPES } from './scopes.ts'
import type { Token } from './token-store.ts'

const SCOPE_LIST = Type.Array(word(SCOPES), {
  minItems: 1,
  maxItems: SCOPES.length,
  uniqueItems: true,
})

/** What a token is made from. */
export const TOKEN_CREATE = named(
  'TokenCreate',
  closed({ name: text({ minLength: 1, maxLength: 100 }), scopes: SCOPE_LIST }),
)

const TOKEN_KEYS = {
  id: Type.String({ examples: ['tok_06g2vq5c3r7k9h0d1m2n3p4q5r'] }),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  created_at: INSTANT,
} as const

/** A token without its secret. */
export const TOKEN = named('Token', closed(TOKEN_KEYS))

/** A token just made, with its text. */
export const TOKEN_CREATED = named(
  'TokenCreated',
  closed({
    ...TOKEN_KEYS,
    token: Type.String({ description: 'Shown this once; keep it.' }),
  }),
)

/** A page of tokens. */
export const TOKEN_PAGE = named(
  'TokenPage',
  closed({ data: Type.Array(ref(TOKEN)), next_cursor: nullable(Type.String()) }),
)

/** Writes a token without its secret. */
export function tokenJson(token: Token): Static<typeof TOKEN> {
  const { id, name, scopes, createdAt } = token
  return { id, name, scopes: [...scopes], created_at: instantJson(createdAt) }
}
