import { quoted } from './quote.ts'

declare const slugBrand: unique symbol

/**
 * The path part that names a link on its hostname, decoded and in NFC: one path
 * segment of 1 to 255 octets, or the empty text for the root link (`/`).
 */
export type Slug = string & { readonly [slugBrand]: true }

/** Why a text is refused as a slug. */
export type SlugProblem = 'too_long' | 'forbidden_character' | 'dot_segment' | 'reserved'

/** A slug, or the reason why the text is none, with a sentence for people. */
export type ParsedSlug =
  | { readonly ok: true; readonly slug: Slug }
  | { readonly ok: false; readonly problem: SlugProblem; readonly message: string }

/** Longest slug in UTF-8 octets. */
export const SLUG_OCTETS_MAX = 255

/** The slug of the root link. */
export const ROOT_SLUG = '' as Slug

/**
 * Slugs that no customer can have: what certificate authorities, crawlers and
 * browsers fetch by themselves. `.well-known` above all: a link there could
 * answer somebody's ACME challenge.
 *
 * @see RFC 8615 section 3, RFC 8555 section 8.3, RFC 9309 section 2.3
 */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set([
  '.well-known',
  'robots.txt',
  'favicon.ico',
  'apple-app-site-association',
])

/**
 * Reads the slug that a customer wants for a link; the empty text is the root
 * link. Never decodes: `%41` means a percent sign, a 4 and a 1.
 */
export function parseSlug(text: string): ParsedSlug {
  const slug = text.normalize('NFC')
  if (octetLength(slug) > SLUG_OCTETS_MAX) {
    return refuse('too_long', slug, `is longer than ${SLUG_OCTETS_MAX} octets in UTF-8.`)
  }
  if (hasForbiddenCharacter(slug)) {
    return refuse(
      'forbidden_character',
      slug,
      'contains a slash, a backslash, a control character, white space or an invisible character.',
    )
  }
  if (slug === '.' || slug === '..') {
    return refuse('dot_segment', slug, 'is a dot segment, which browsers remove from a path.')
  }
  if (isReserved(slug)) {
    return refuse(
      'reserved',
      slug,
      'is reserved for certificate authorities, crawlers or browsers.',
    )
  }
  return { ok: true, slug: slug as Slug }
}

/**
 * Gives the slug that a request target names, or undefined when no link can
 * have it. Cuts the query, decodes percent signs once, and takes one trailing
 * slash away, so that `/spring/` finds the link `spring`.
 *
 * @param requestTarget origin-form, as received, for example `/spring?x=1`;
 *   octets beyond ASCII as Latin-1 characters, which is what Node gives
 * @see RFC 9112 section 3.2.1 (origin-form), RFC 3986 section 2.1
 */
export function slugFromRequestTarget(requestTarget: string): Slug | undefined {
  if (!requestTarget.startsWith('/')) return undefined
  const path = pathOf(requestTarget)
  if (path === '/') return ROOT_SLUG
  // Why: no octet is beyond U+00FF, so this was not received.
  if (/[\u0100-\uffff]/.test(path)) return undefined
  const segment = path.endsWith('/') ? path.slice(1, -1) : path.slice(1)
  // Why refused here although empty is the root: "//" is not "/" and must stay unknown.
  if (segment === '') return undefined
  const decoded = decodeSegment(segment)
  if (decoded === undefined) return undefined
  const parsed = parseSlug(decoded)
  return parsed.ok ? parsed.slug : undefined
}

/**
 * Tells whether a request target lies under `/.well-known/`, however it is
 * encoded or spelled, repeated slashes and dot segments included.
 */
export function isWellKnownPath(requestTarget: string): boolean {
  return foldedSegments(pathOf(requestTarget)).includes('.well-known')
}

/** Gives the path of a link for a URL: a slash, then the slug percent-encoded. */
export function pathOfSlug(slug: Slug): string {
  return `/${encodeURIComponent(slug)}`
}

function pathOf(requestTarget: string): string {
  const end = requestTarget.search(/[?#]/)
  return end === -1 ? requestTarget : requestTarget.slice(0, end)
}

function refuse(problem: SlugProblem, slug: string, words: string): ParsedSlug {
  return { ok: false, problem, message: `Slug ${quoted(slug)} ${words}` }
}

function isReserved(slug: string): boolean {
  return foldedSegments(slug).some((segment) => RESERVED_SLUGS.has(segment))
}

// Control, format (bidi marks, zero width), surrogate, private-use, separators.
const FORBIDDEN = /[/\\\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Z}\p{Default_Ignorable_Code_Point}]/u

function hasForbiddenCharacter(slug: string): boolean {
  return FORBIDDEN.test(slug)
}

function octetLength(text: string): number {
  return new TextEncoder().encode(text).length
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(withOctetsEncoded(segment))
  } catch {
    // Why no error: malformed percent-encoding names no link, which is an answer.
    return undefined
  }
}

/** Percent-encodes octets beyond ASCII, which Node gives as Latin-1 characters. */
function withOctetsEncoded(text: string): string {
  return text.replaceAll(/[\u0080-\u00ff]/g, (octet) => `%${octet.charCodeAt(0).toString(16)}`)
}

/** The segments of a path as a careless reader could take them: decoded fully, one case. */
function foldedSegments(path: string): readonly string[] {
  const segments = decodeFully(path).normalize('NFKC').toLowerCase().split(/[/\\]/)
  return segments.map((segment) => segment.trim())
}

/** Decodes until nothing changes, so that no double encoding hides a reserved path. */
function decodeFully(path: string): string {
  let text = path
  for (let round = 0; round < DECODE_ROUNDS_MAX; round += 1) {
    const next = text.replaceAll(/(?:%[0-9a-f]{2})+/gi, decodeOctets)
    if (next === text) return text
    text = next
  }
  return text
}

const DECODE_ROUNDS_MAX = 8

function decodeOctets(codes: string): string {
  return new TextDecoder().decode(Uint8Array.fromHex(codes.replaceAll('%', '')))
}
