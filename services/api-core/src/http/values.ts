import { parseDestination, type Destination } from '@fingerpost/model/destination'
import { AppError } from '@fingerpost/model/errors'
import { parseHostname, type Hostname } from '@fingerpost/model/hostname'
import { parseSlug, type Slug } from '@fingerpost/model/slug'

/**
 * Reads a customer's hostname.
 *
 * @throws {AppError} `hostname_invalid`
 */
export function readHostname(text: string, publicTarget: string | undefined): Hostname {
  const parsed = parseHostname(text, publicTarget)
  if (parsed.ok) return parsed.hostname
  throw new AppError('hostname_invalid', parsed.message, { facts: { problem: parsed.problem } })
}

/**
 * Reads a slug.
 *
 * @throws {AppError} `slug_invalid`, `slug_reserved`
 */
export function readSlug(text: string): Slug {
  const parsed = parseSlug(text)
  if (parsed.ok) return parsed.slug
  const code = parsed.problem === 'reserved' ? 'slug_reserved' : 'slug_invalid'
  throw new AppError(code, parsed.message, { facts: { problem: parsed.problem } })
}

/**
 * Reads a destination.
 *
 * @throws {AppError} `destination_invalid`
 */
export function readDestination(text: string): Destination {
  const parsed = parseDestination(text)
  if (parsed.ok) return parsed.destination
  throw new AppError('destination_invalid', parsed.message, { facts: { problem: parsed.problem } })
}

// Why there: RFC 3339 has no later year, so a later instant could not be written.
const INSTANT_MAX = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * Reads an instant whose form the schema has checked.
 *
 * @throws {AppError} `body_invalid` for a leap second, or an instant outside 1970..9999 in UTC
 */
export function readInstant(name: string, text: string): number {
  const at = Date.parse(text)
  if (at >= 0 && at <= INSTANT_MAX) return at
  throw new AppError('body_invalid', `"${name}" is not an instant that can be kept.`, {
    facts: { field: name },
  })
}
