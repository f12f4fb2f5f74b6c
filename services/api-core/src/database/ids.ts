import { randomInt, randomUUIDv7 } from 'node:crypto'

/** The prefixes by which one sees what an id names. */
export type IdPrefix = 'ws' | 'tok' | 'dom' | 'grp' | 'lnk' | 'evt' | 'ntc' | 'whk' | 'rcp' | 'dlv'

const DIGITS = '0123456789abcdefghijklmnopqrstuv'
const ID_BODY = /^[0-9a-v]{26}$/

/**
 * Makes an id: a prefix and 26 digits of base 32 that begin with the time, so
 * that ids sort by age and new rows stand together in every index.
 *
 * @see RFC 9562 section 5.7 (UUIDv7), RFC 4648 section 7 (base32hex)
 */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${toBase32Hex(Buffer.from(randomUUIDv7().replaceAll('-', ''), 'hex'))}`
}

/** Tells whether a text, from outside, has the form of an id with this prefix. */
export function isId(text: string, prefix: IdPrefix): boolean {
  return text.startsWith(`${prefix}_`) && ID_BODY.test(text.slice(prefix.length + 1))
}

/** The digits of base 32 in lower case. @see RFC 4648 section 6 */
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** Gives `length` random digits of base 32 in lower case, 5 bits each. */
export function randomBase32(length: number): string {
  return randomDigits(BASE32, length)
}

/** Gives `length` random digits of an alphabet, every one as likely as the others. */
export function randomDigits(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
}

function toBase32Hex(bytes: Uint8Array): string {
  let digits = ''
  let value = 0
  let bits = 0
  for (const byte of bytes) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      digits += DIGITS.charAt((value >>> bits) & 31)
    }
    value &= (1 << bits) - 1
  }
  return bits === 0 ? digits : digits + DIGITS.charAt((value << (5 - bits)) & 31)
}
