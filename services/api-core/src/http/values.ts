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

/**
 * Reads an instant whose form the schema has checked.
 *
 * @throws {AppError} `body_invalid` for a leap second, or a year that no clock of ours has
 */
export function readInstant(name: string, text: string): number {
  const at = Date.parse(text)
  if (Number.isSafeInteger(at) && at >= 0) return at
  throw new AppError('body_invalid', `"${name}" is not an instant that can be kept.`, {
    facts: { field: name },
  })
}
