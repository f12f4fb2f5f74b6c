import * as fc from 'fast-check'
import t from 'tap'
import {
  REQUEST_TARGETS,
  SLUGS_ACCEPTED,
  SLUGS_REFUSED,
  WELL_KNOWN_TARGETS,
} from '../test/vectors.ts'
import {
  isWellKnownPath,
  parseSlug,
  pathOfSlug,
  slugFromRequestTarget,
  SLUG_OCTETS_MAX,
} from './slug.ts'
import { quoted } from './quote.ts'

t.test('a usable slug is accepted in NFC', async (t) => {
  for (const [text, slug] of SLUGS_ACCEPTED) {
    t.same(parseSlug(text), { ok: true, slug }, quoted(text))
  }
})

t.test('an unusable slug is refused with its reason', async (t) => {
  for (const [text, problem] of SLUGS_REFUSED) {
    const expected = { ok: false, problem, message: /^Slug ".*\.$/ }
    t.match(parseSlug(text), expected, quoted(text))
  }
})

t.test('a request target names one slug or none', async (t) => {
  for (const [target, slug] of REQUEST_TARGETS) {
    t.equal(slugFromRequestTarget(target), slug, quoted(target))
  }
})

t.test('no spelling of /.well-known/ leads to a link', async (t) => {
  t.ok(WELL_KNOWN_TARGETS.length >= 40)
  for (const target of WELL_KNOWN_TARGETS) {
    t.ok(isWellKnownPath(target) || slugFromRequestTarget(target) === undefined, target)
    t.equal(slugFromRequestTarget(target), undefined, target)
  }
})

t.test('what a certificate authority asks for is known as such in every encoding', async (t) => {
  const path = '.well-known'
  const challenge = '/acme-challenge/token'
  const encodings = Array.from(path, (_, index) => encoded(path, (at) => at === index))
  for (const spelling of [path, ...encodings, encoded(path, () => true)]) {
    for (const form of [spelling, spelling.toUpperCase(), spelling.replaceAll('%', '%25')]) {
      t.ok(isWellKnownPath(`/${form}${challenge}`), form)
      t.ok(isWellKnownPath(`//${form}${challenge}?x`), form)
    }
  }
})

t.test('white space, other slashes and dot segments do not hide /.well-known/', async (t) => {
  for (const target of [
    '/%20.well-known/acme-challenge/token',
    '/.well-known%09/acme-challenge/token',
    '/.well-known\\acme-challenge\\token',
    '/%5c.well-known%5cacme-challenge%5ctoken',
    '/x/%2e%2e/.well-known/acme-challenge/token',
    '/%EF%BC%8Ewell-known/acme-challenge/token',
  ]) {
    t.ok(isWellKnownPath(target), target)
  }
})

t.test('ordinary paths are not /.well-known/', async (t) => {
  for (const target of [
    '/',
    '',
    '*',
    '/spring',
    '/well-known',
    '/.well-knownx',
    '/x?/.well-known',
  ]) {
    t.notOk(isWellKnownPath(target), target)
  }
})

t.test('a path that was encoded without end is read in bounded time', async (t) => {
  const target = `/%${'25'.repeat(8_000)}2ewell-known`
  const begunAt = performance.now()
  isWellKnownPath(target)
  slugFromRequestTarget(target)
  t.ok(performance.now() - begunAt < 100)
})

const PARTS = [
  'aZ0.-_~%/\\?#+ '.split(''),
  ['.well-known', '%2e', '%2F', '%25', '%c3%a9', '%cc%81', '%e2%80%ae', '%00', '%zz', '..'],
  ['\u00e9', 'e\u0301', '\u212a', '\uff0e', '\u2024', '\u202e', '\ud800', '\u{1f680}', '\0'],
].flat()
const texts = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const slugs = texts
  .map((text) => parseSlug(text))
  .filter((parsed) => parsed.ok)
  .map((parsed) => parsed.slug)

t.test('every stored slug is found by its path, however it is encoded', async () => {
  fc.assert(
    fc.property(slugs, fc.nat(), (slug, seed) => {
      const path = pathOfSlug(slug)
      const octets = [...new TextEncoder().encode(slug)]
      const mixed = octets.map((octet, index) =>
        (seed >> (index % 31)) & 1 || !/[\w~-]/.test(String.fromCharCode(octet))
          ? `%${octet.toString(16).padStart(2, '0')}`
          : String.fromCharCode(octet),
      )
      const paths = [
        path,
        path.toLowerCase().includes('%') ? path : `${path}?x`,
        `/${mixed.join('')}`,
      ]
      return paths.every((target) => slugFromRequestTarget(target) === slug)
    }),
    { numRuns: 3_000 },
  )
})

t.test('no stored slug lies under /.well-known/', async () => {
  fc.assert(
    fc.property(slugs, (slug) => !isWellKnownPath(pathOfSlug(slug))),
    { numRuns: 5_000 },
  )
})

t.test('no two stored slugs have the same path', async () => {
  fc.assert(
    fc.property(
      slugs,
      slugs,
      (one, other) => (pathOfSlug(one) === pathOfSlug(other)) === (one === other),
    ),
    { numRuns: 3_000 },
  )
})

t.test('reading a slug again changes nothing', async () => {
  fc.assert(
    fc.property(slugs, (slug) => {
      const again = parseSlug(slug)
      const octets = new TextEncoder().encode(slug).length
      return again.ok && again.slug === slug && octets <= SLUG_OCTETS_MAX
    }),
  )
})

t.test('whatever octets are asked for, the answer is a slug or none', async () => {
  const octets = fc
    .uint8Array({ maxLength: 64 })
    .map((bytes) => Buffer.from(bytes).toString('latin1'))
  fc.assert(
    fc.property(fc.oneof(octets, texts), (text) => {
      isWellKnownPath(`/${text}`)
      const slug = slugFromRequestTarget(`/${text}`)
      return slug === undefined || parseSlug(slug).ok
    }),
    { numRuns: 20_000 },
  )
})

function encoded(text: string, isEncoded: (index: number) => boolean): string {
  return Array.from(text, (letter, index) =>
    isEncoded(index) ? `%${letter.charCodeAt(0).toString(16)}` : letter,
  ).join('')
}
