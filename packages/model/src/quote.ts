/** Most UTF-16 code units of a text that are shown in a message. */
export const QUOTED_LENGTH_MAX = 80

/**
 * Puts a text from outside into quotes for a message. What cannot be seen is
 * escaped and the length is bounded, so that a message can go to a terminal.
 */
export function quoted(text: string): string {
  const shown = text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}…` : text
  return JSON.stringify(shown).replaceAll(INVISIBLE, escaped)
}

// Control, format (bidi marks among them), unassigned; separators but the space.
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`
}
