/** Most values of one record set that are kept and shown. */
export const FOUND_VALUES_MAX = 16

/** Most octets (UTF-8) of one value that are kept and shown. */
export const FOUND_VALUE_OCTETS_MAX = 512

// Why fewer than are kept: a sentence with sixteen values is not read.
const QUOTED_VALUES_MAX = 3
const QUOTED_LENGTH_MAX = 80

/**
 * Prepares published values for storing: each once, sorted so that two equal
 * looks give equal lists, bounded in number and length, the octets of what cannot be seen as
 * `\DDD`: a zero-width space that was pasted with the value would look like the right one.
 *
 * @see RFC 1035 section 5.1 (`\DDD`)
 */
export function boundedValues(values: Iterable<string>): string[] {
  const distinct = new Set<string>()
  for (const value of values) distinct.add(boundedValue(value))
  return [...distinct].toSorted().slice(0, FOUND_VALUES_MAX)
}

/** Prepares one text from outside for storing, as `boundedValues` does with each value. */
export function boundedValue(value: string): string {
  let text = ''
  let octets = 0
  for (const character of value) {
    const written = character.replace(INVISIBLE, escaped)
    octets += ENCODER.encode(written).length
    if (octets > FOUND_VALUE_OCTETS_MAX) break
    text += written
  }
  return text
}

/** Writes values into a sentence: in quotes, the first few, shortened. */
export function quoteValues(values: readonly string[]): string {
  const shown = values.slice(0, QUOTED_VALUES_MAX).map((value) => quote(value))
  const rest = values.length - shown.length
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

function quote(value: string): string {
  const characters = Array.from(value)
  if (characters.length <= QUOTED_LENGTH_MAX) return `"${value}"`
  return `"${characters.slice(0, QUOTED_LENGTH_MAX).join('')}…"`
}

const ENCODER = new TextEncoder()

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

function escaped(character: string): string {
  const code = character.charCodeAt(0)
  const octets = code < 0x100 ? [code] : Array.from(ENCODER.encode(character))
  return octets.map((octet) => `\\${String(octet).padStart(3, '0')}`).join('')
}
