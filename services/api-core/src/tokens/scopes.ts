/** What a token may do in its workspace. */
export const SCOPES = [
  'domains:read',
  'domains:write',
  'links:read',
  'links:write',
  'notices:read',
  'notices:write',
  'tokens:write',
] as const

/** One of `SCOPES`. */
export type Scope = (typeof SCOPES)[number]

/** Tells whether a text, from outside, is a scope. */
export function isScope(text: string): text is Scope {
  return SCOPES.some((scope) => scope === text)
}
