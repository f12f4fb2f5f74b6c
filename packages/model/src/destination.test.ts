import * as fc from 'fast-check'
import t from 'tap'
import { DESTINATIONS_ACCEPTED, DESTINATIONS_REFUSED } from '../test/vectors.ts'
import { DESTINATION_OCTETS_MAX, isOwnAddress, parseDestination } from './destination.ts'
import { quoted } from './quote.ts'
import { canonicalHostname } from './hostname.ts'
import { parseSlug } from './slug.ts'

t.test('a usable destination is accepted in its serialisation', async (t) => {
  for (const [text, destination] of DESTINATIONS_ACCEPTED) {
    t.same(parseDestination(text), { ok: true, destination }, quoted(text))
  }
})

t.test('an unusable destination is refused with its reason', async (t) => {
  for (const [text, problem] of DESTINATIONS_REFUSED) {
    const expected = { ok: false, problem, message: /^Destination .*\.$/ }
    t.match(parseDestination(text), expected, quoted(text))
  }
})

t.test('the table of destinations is long enough', async (t) => {
  t.ok(DESTINATIONS_ACCEPTED.length + DESTINATIONS_REFUSED.length >= 60)
})

t.test('no message shows a password, whatever else is wrong', async (t) => {
  for (const text of [
    'https://user:hunter2@example.com/',
    'ftp://user:hunter2@example.com/',
    'https://user:hunter2@exa mple.com/',
    'https://user:hunter2@example.com/\n',
    'user:hunter2@example.com',
  ]) {
    const parsed = parseDestination(text)
    t.match(parsed, { ok: false })
    t.notMatch(parsed, { message: /hunter2/ }, text)
  }
})

const OWN_ADDRESSES = [
  { url: 'https://links.example.com/spring', own: true },
  { url: 'http://links.example.com/spring', own: true },
  { url: 'https://LINKS.Example.COM/spring', own: true },
  { url: 'https://links.example.com./spring', own: true },
  { url: 'https://links.example.com:8443/spring', own: true },
  { url: 'https://links.example.com/spring/', own: true },
  { url: 'https://links.example.com/spring?a=1', own: true },
  { url: 'https://links.example.com/spring#a', own: true },
  { url: 'https://links.example.com/%73pring', own: true },
  { url: 'https://links.example.com/./x/../spring', own: true },
  { url: 'https://links\u3002example\uff0ecom/spring', own: true },
  { url: 'https://l%69nks.example.com/spring', own: true },
  { url: 'https://links.example.com\\spring', own: true },
  { url: 'https://links.example.com/Spring', own: false },
  { url: 'https://links.example.com/', own: false },
  { url: 'https://links.example.com/spring/x', own: false },
  { url: 'https://links.example.com//spring', own: false },
  { url: 'https://links.example.com/%2573pring', own: false },
  { url: 'https://other.example.com/spring', own: false },
  { url: 'https://links.example.com.evil.example/spring', own: false },
  { url: 'https://example.com/?links.example.com/spring', own: false },
  { url: 'http://127.0.0.1/spring', own: false },
  { url: 'http://[::1]/spring', own: false },
]

t.test('a link to itself is known in every spelling', async (t) => {
  for (const { url, own } of OWN_ADDRESSES) t.equal(isOwn(url, 'spring'), own, url)
})

t.test('the root link and slugs of other scripts are known, too', async (t) => {
  t.ok(isOwn('https://links.example.com', ''))
  t.ok(isOwn('https://links.example.com/?a', ''))
  t.notOk(isOwn('https://links.example.com//', ''))
  t.ok(isOwn('https://links.example.com/caf\u00e9', 'caf\u00e9'))
  t.ok(isOwn('https://links.example.com/cafe%CC%81', 'caf\u00e9'))
})

const PARTS = [
  ['https:', 'http:', 'javascript:', '//', '/', '\\', '@', ':', '?', '#', '%', '%zz', '%2e', '..'],
  ['example.com', '[::1]', '0x7f.1', ':443', ':99999', 'user', '\u65e5', '\u3002', '\u00ad'],
  ['\t', '\n', '\0', ' ', '"', '<', '|', '^', '`', '{', '\u202e', '\ud800', '\u{1f680}', 'a', '.'],
].flat()
const texts = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 12 }).map((parts) => parts.join('')),
  fc
    .array(fc.constantFrom(...PARTS), { maxLength: 12 })
    .map((parts) => `https://example.com/${parts.join('')}`),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `https://example.com/${text}`),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
)

t.test('reading a destination again changes nothing', async () => {
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parseDestination(text)
      if (!parsed.ok) return true
      const again = parseDestination(parsed.destination)
      return again.ok && again.destination === parsed.destination
    }),
    { numRuns: 10_000 },
  )
})

t.test('every destination can stand in a Location header', async () => {
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parseDestination(text)
      if (!parsed.ok) return true
      const { destination } = parsed
      return (
        /^https?:\/\/[\x21-\x7e]+$/.test(destination) &&
        destination.length <= DESTINATION_OCTETS_MAX
      )
    }),
    { numRuns: 10_000 },
  )
})

function isOwn(url: string, slugText: string): boolean {
  const parsed = parseDestination(url)
  const hostname = canonicalHostname('links.example.com')
  const slug = parseSlug(slugText)
  if (!parsed.ok || hostname === undefined || !slug.ok) throw new Error(`"${url}" is not usable.`)
  return isOwnAddress(parsed.destination, hostname, slug.slug)
}
