const RANGES_MAX = 32

/**
 * Tells whether a client would rather have plain text than JSON; JSON is what it
 * gets when it does not say, or likes both as much.
 *
 * @see RFC 9110 section 12.5.1
 */
export function prefersText(accept: string | undefined): boolean {
  if (accept === undefined) return false
  const ranges = accept.split(',', RANGES_MAX).map(parseRange)
  return (
    weightOf(['text/plain', 'text/*', '*/*'], ranges) >
    weightOf(['application/json', 'application/*', '*/*'], ranges)
  )
}

type Range = { readonly type: string; readonly weight: number }

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? 1)
  return { type, weight: weight >= 0 && weight <= 1 ? weight : 0 }
}

// Why the first: the more a range names, the more it counts.
function weightOf(types: readonly string[], ranges: readonly Range[]): number {
  for (const type of types) {
    const range = ranges.find((one) => one.type === type)
    if (range !== undefined) return range.weight
  }
  return 0
}
