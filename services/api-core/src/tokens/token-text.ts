import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A token's two parts: the id that finds its row, and the secret that proves it. */
export type TokenText = { readonly id: string; readonly secret: string }

const TOKEN_TEXT = /^fp_([0-9a-v]{26})_([A-Za-z0-9_-]{43})$/
const SECRET_BYTES = 32

/** Makes the secret of a token: 256 random bits. */
export function newTokenSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** Writes the token that its owner sends: `fp_<id without prefix>_<secret>`. */
export function formatToken({ id, secret }: TokenText): string {
  return `fp_${id.slice('tok_'.length)}_${secret}`
}

/** Takes a token apart, or gives undefined when the text is none. */
export function parseToken(text: string): TokenText | undefined {
  const match = TOKEN_TEXT.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  return { id: `tok_${match[1]}`, secret: match[2] }
}

/** Hashes a secret for its row: SHA-256, hexadecimal. A random secret needs no slow hash. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Compares a secret with a hash in a time that tells nothing about either. */
export function matchesHash(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), Buffer.from(hash, 'hex'))
}
