import * as fc from 'fast-check'
import t from 'tap'
import {
  HOST_HEADERS,
  HOSTNAMES_ACCEPTED,
  HOSTNAMES_REFUSED,
  PUBLIC_TARGET,
} from '../test/vectors.ts'
import { canonicalHostname, isAtOrUnder, parseHostname } from './hostname.ts'
import { quoted } from './quote.ts'

t.test('a usable hostname is accepted in its canonical form', async (t) => {
  for (const [text, hostname] of HOSTNAMES_ACCEPTED) {
    t.same(parseHostname(text, PUBLIC_TARGET), { ok: true, hostname }, quoted(text))
  }
})

t.test('an unusable hostname is refused with its reason', async (t) => {
  for (const [text, problem] of HOSTNAMES_REFUSED) {
    const parsed = parseHostname(text, PUBLIC_TARGET)
    t.match(parsed, { ok: false, problem, message: /^Hostname ".*\.$/ }, quoted(text))
  }
})

t.test('the table of hostnames is long enough', async (t) => {
  t.ok(HOSTNAMES_ACCEPTED.length + HOSTNAMES_REFUSED.length >= 120)
})

t.test('a Host header names the canonical hostname or nothing', async (t) => {
  for (const [header, hostname] of HOST_HEADERS) {
    t.equal(canonicalHostname(header), hostname, quoted(header))
  }
})

t.test('every accepted hostname is found by its Host header, with port and dot', async (t) => {
  for (const [, hostname] of HOSTNAMES_ACCEPTED) {
    for (const header of [hostname, hostname.toUpperCase(), `${hostname}.`, `${hostname}.:8443`]) {
      t.equal(canonicalHostname(header), hostname, header)
    }
  }
})

t.test('without a public target nothing is the operator’s', async (t) => {
  t.match(parseHostname('k3.edge.example.net', undefined), { ok: true })
})

t.test('a message shows no more of a hostname than is good to read', async (t) => {
  const parsed = parseHostname(`${'\u202e'.repeat(500)}\u001b[2J`, undefined)
  t.match(parsed, { ok: false, message: /^Hostname "(?:\\u\{202e\}){80}…" is not a DNS name/ })
})

t.test('a name is at or under itself and its ancestors only', async (t) => {
  t.ok(isAtOrUnder('example.net', 'example.net'))
  t.ok(isAtOrUnder('a.example.net', 'example.net'))
  t.notOk(isAtOrUnder('aexample.net', 'example.net'))
  t.notOk(isAtOrUnder('net', 'example.net'))
})

// What hostnames are made of, what they must not be made of, and whole bad parts.
const PARTS = [
  'aZ09-._*:[]/%@ '.split(''),
  ['xn--', 'exmple-cua', 'com', 'co.uk', '.example.com', ':443', '127.0.0.1', '0x7f', '--'],
  ['\u00e4', '\u0308', '\u00df', '\u3002', '\uff0e', '\u200d', '\u00ad', '\u212a', '\u05d0'],
].flat()
const texts = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.domain(),
  fc.tuple(fc.domain(), fc.constantFrom('.', ':80', '.:', '..')).map((parts) => parts.join('')),
)

t.test('reading a hostname again changes nothing', async () => {
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parseHostname(text, undefined)
      if (!parsed.ok) return true
      const again = parseHostname(parsed.hostname, undefined)
      return again.ok && again.hostname === parsed.hostname
    }),
    { numRuns: 5_000 },
  )
})

t.test('whatever a Host header names is what the API stores', async () => {
  fc.assert(
    fc.property(texts, (text) => {
      const named = canonicalHostname(text)
      if (named === undefined) return true
      const parsed = parseHostname(text.replace(/:\d*$/, ''), undefined)
      return parsed.ok ? parsed.hostname === named : parsed.problem === 'public_suffix'
    }),
    { numRuns: 5_000 },
  )
})

t.test('whatever the API stores is what a Host header names', async () => {
  fc.assert(
    fc.property(texts, (text) => {
      const parsed = parseHostname(text, undefined)
      return !parsed.ok || canonicalHostname(parsed.hostname) === parsed.hostname
    }),
    { numRuns: 5_000 },
  )
})
