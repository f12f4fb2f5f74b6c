// Texts that look enough like what is expected to get past the first check.

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789-'
const HOST_PARTS = [
  '.',
  '..',
  'xn--',
  ':443',
  ':',
  '*',
  '_',
  '@',
  '/',
  '\\',
  '%',
  '\0',
  '\r\n',
  ' ',
]
const HOST_NAMES = ['com', 'co.uk', 'example', 'localhost', '127', '0x7f', 'xn--exmple-cua', 'COM']
const BEYOND_ASCII = [
  '\u00e4',
  '\u00df',
  '\u212a',
  '\u3002',
  '\uff0e',
  '\u200d',
  '\u00ad',
  '\ud800',
]
const PATH_PARTS = [
  '/',
  '//',
  '\\',
  '.',
  '..',
  '%2e',
  '%2F',
  '%5c',
  '%00',
  '%0d%0a',
  '%25',
  '%',
  '%zz',
  '%C0%AF',

  '%E2%80%AE',
  '%EF%BB%BF',
  '%F0%9F%9A%80',
  '%ED%A0%80',
  '?',
  '#',
  '&',
  '=',
  '+',
  '~',
  '|',
  '"',

  '.well-known',
  '.WELL-KNOWN',
  '%2ewell-known',
  '%252ewell-known',
  'acme-challenge',
  'robots.txt',
]

/** A source of random choices. */
export type Random = () => number

/** Gives one of some things. */
export function oneOf<Thing>(things: readonly [Thing, ...Thing[]], random: Random): Thing {
  return things[Math.floor(random() * things.length)] ?? things[0]
}

/** Makes up something like a hostname, with what does not belong into one. */
export function madeUpHostname(random: Random): string {
  const parts = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
    const kind = random()
    if (kind < 0.45) return letters(random, kind < 0.02 ? 70 : 12)
    if (kind < 0.7) return pick(HOST_NAMES, random)
    if (kind < 0.9) return '.'
    if (kind < 0.96) return pick(HOST_PARTS, random)
    return kind < 0.985 ? pick(BEYOND_ASCII, random) : anyCharacter(random)
  })
  return parts.join('')
}

/** Makes up something like a slug. */
export function madeUpSlug(random: Random): string {
  const parts = Array.from({ length: Math.floor(random() * 8) }, () => {
    const kind = random()
    if (kind < 0.5) return letters(random, kind < 0.01 ? 300 : 10)
    if (kind < 0.65) return pick(PATH_PARTS, random)
    return kind < 0.8 ? pick(BEYOND_ASCII, random) : anyCharacter(random)
  })
  return parts.join('')
}

/** Makes up something like a request target; characters are octets, as they are received. */
export function madeUpTarget(random: Random): string {
  const parts = Array.from({ length: Math.floor(random() * 7) }, () => {
    const kind = random()
    if (kind < 0.45) return letters(random, kind < 0.01 ? 300 : 8)
    if (kind < 0.85) return pick(PATH_PARTS, random)
    if (kind < 0.95) return encodedOctet(random)
    return String.fromCharCode(Math.floor(random() * 256))
  })
  return `${random() < 0.95 ? '/' : ''}${parts.join('')}`
}

function letters(random: Random, lengthMax: number): string {
  const length = 1 + Math.floor(random() * lengthMax)
  return Array.from({ length }, () => LETTERS[Math.floor(random() * LETTERS.length)] ?? '').join('')
}

function encodedOctet(random: Random): string {
  return `%${Math.floor(random() * 256)
    .toString(16)
    .padStart(2, '0')}`
}

function anyCharacter(random: Random): string {
  return String.fromCodePoint(Math.floor(random() * 0x11_0000))
}

function pick(texts: readonly string[], random: Random): string {
  return texts[Math.floor(random() * texts.length)] ?? ''
}
