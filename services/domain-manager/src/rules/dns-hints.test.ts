import { canonicalHostname, parseHostname, type Hostname } from '@fingerpost/model/hostname'
import t from 'tap'
import {
  cnameMistakes,
  hintOfMisplacedCname,
  hintOfMisplacedTxt,
  hintOfWrongRouting,
  hintOfWrongTxt,
  txtMistakes,
  type HintFacts,
} from './dns-hints.ts'

const TOKEN = 'fp-4zq7c2m3'
const TARGET = 'k3.edge.example.net'
const OURS = new Set(['192.0.2.10', '2001:db8::10'])

const hostname = (text: string): Hostname => {
  const parsed = parseHostname(text, undefined)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.hostname
}
const factsOf = (text: string): HintFacts => ({
  hostname: hostname(text),
  cnameTarget: TARGET,
  publicTarget: 'edge.example.net',
  txtName: `_fingerpost-verify.${text}`,
  txtPrefix: '_fingerpost-verify',
  token: TOKEN,
})
const FACTS = factsOf('links.acme.com')

t.test('a missing TXT record is looked for where it is put by mistake', async (t) => {
  t.same(
    txtMistakes(FACTS).map(({ name }) => name),
    [
      '_fingerpost-verify.links.acme.com.acme.com',
      'links.acme.com',
      '_fingerpost-verify.acme.com',
      'acme.com',
      'fingerpost-verify.links.acme.com',
    ],
  )
  t.same(
    txtMistakes(factsOf('acme.com')).map(({ name }) => name),
    ['_fingerpost-verify.acme.com.acme.com', 'acme.com', 'fingerpost-verify.acme.com'],
  )
  t.same(cnameMistakes(FACTS), [{ type: 'CNAME', name: 'links.acme.com.acme.com' }])
})

t.test('a hostname that is a suffix itself is its own apex', async (t) => {
  const suffix = canonicalHostname('co.uk')
  if (suffix === undefined) throw new Error('co.uk is no hostname')
  t.same(cnameMistakes({ ...FACTS, hostname: suffix }), [{ type: 'CNAME', name: 'co.uk.co.uk' }])
})

t.test('a misplaced TXT record is named with the way to put it right', async (t) => {
  const hint = (name: string, ...values: string[]) =>
    hintOfMisplacedTxt(FACTS, [
      { type: 'TXT', name: 'acme.com', values: ['v=spf1 -all'] },
      { type: 'TXT', name, values },
    ])
  t.equal(
    hint('_fingerpost-verify.links.acme.com.acme.com', TOKEN),
    'The TXT record stands at "_fingerpost-verify.links.acme.com.acme.com": the provider adds ' +
      '"acme.com" by itself. Enter "_fingerpost-verify.links" as its name.',
  )
  t.equal(
    hint('links.acme.com', `"${TOKEN}"`),
    'The TXT record stands at "links.acme.com". Move it to "_fingerpost-verify.links.acme.com".',
  )
  t.equal(hint('links.acme.com', 'something'), undefined)
})

t.test('a misplaced CNAME is named with the way to put it right', async (t) => {
  const at = (values: readonly string[]) =>
    hintOfMisplacedCname(FACTS, [{ type: 'CNAME', name: 'links.acme.com.acme.com', values }])
  t.match(at([TARGET]), /^The CNAME record stands at .+ Enter "links" as its name\.$/)
  t.ok(at([`${TARGET}.acme.com`]), 'the zone was added to the value, too')
  const apex = factsOf('acme.com')
  const doubled = { type: 'CNAME', name: 'acme.com.acme.com', values: [TARGET] } as const
  t.match(hintOfMisplacedCname(apex, [doubled]), /Enter "@" as its name\.$/)
  t.equal(at([]), undefined)
  t.equal(at(['shops.example.org']), undefined, 'a wildcard of the zone answers there as well')
})

t.test('a wrong TXT value is recognised by what is in it', async (t) => {
  const hint = (...found: string[]) => hintOfWrongTxt(FACTS, found)
  for (const value of [`"${TOKEN}"`, ` ${TOKEN}`, `${TOKEN} `, `'${TOKEN}'`, `“${TOKEN}”`]) {
    t.match(hint(value), /^Take the quotes and spaces out of the value\. The value must be/, value)
  }
  for (const value of [
    `_fingerpost-verify.links.acme.com=${TOKEN}`,
    `_fingerpost-verify TXT ${TOKEN}`,
  ]) {
    t.match(hint(value), /^The name of the record was pasted into its value\./, value)
  }
  t.match(hint(`${TOKEN};`), /^There is more in the value than the token\./)
  t.match(hint(TOKEN.toUpperCase()), /^Upper and lower case were changed\./)
  t.match(hint(`${TARGET}.`), /^The CNAME's target was put into the TXT record/)
  t.equal(hint('v=spf1 -all'), undefined)
  t.equal(hint(), undefined)
})

t.test('a wrong CNAME target is recognised by its form', async (t) => {
  const hint = (...found: string[]) => hintOfWrongRouting(FACTS, found, OURS)
  for (const [target, pattern] of [
    [`${TARGET}.acme.com`, /the provider added the zone\. Enter "k3\.edge\.example\.net\."/],
    [`${TARGET}.links.acme.com`, /the provider added the zone/],
    ['edge.example.net', /which every domain shares\. Set the CNAME to "k3\.edge\.example\.net"/],
    ['zz.edge.example.net', /which is another domain's/],
    ['http://k3.edge.example.net', /is a URL/],
    ['https://k3.edge.example.net/x', /is a URL/],
    ['k3.edge.example.net/', /is a URL/],
  ] as const) {
    t.match(hint(target), pattern, target)
  }
  t.equal(hint('shops.example.org', '203.0.113.9'), undefined)
  t.equal(
    hintOfWrongRouting({ ...FACTS, publicTarget: undefined }, ['zz.edge.example.net'], OURS),
    undefined,
  )
})

t.test('records that are left beside the right one are named', async (t) => {
  const hint = (...found: string[]) => hintOfWrongRouting(FACTS, found, OURS)
  t.match(hint(TARGET, '203.0.113.9'), /^"203\.0\.113\.9" is published beside the CNAME\./)
  t.match(hint('192.0.2.10', '2001:db8::9'), /^Delete the AAAA record "2001:db8::9"/)
  t.match(hint('192.0.2.10', '203.0.113.9'), /^Delete the A record "203\.0\.113\.9"/)
  t.match(
    hint('192.0.2.10', '203.0.113.9', '2001:db8::9'),
    /^Delete the A and AAAA records "203\.0\.113\.9", "2001:db8::9"/,
  )
  t.match(hint(TARGET, '203.0.113.9', '203.0.113.8'), /^"203[^,]+", "203[^,]+" are published/)
  t.match(
    hint('192.0.2.10', '203.0.113.9', '203.0.113.8'),
    /^Delete the A records "203\.0\.113\.9", "203\.0\.113\.8" of "links\.acme\.com": they are not/,
  )
  t.match(hint('192.0.2.10', '203.0.113.9'), /: it is not ours\.$/)
  t.equal(hint(TARGET, '192.0.2.10'), undefined)
})

t.test(
  'addresses alone are to be replaced by a CNAME, at an apex by what is like it',
  async (t) => {
    t.equal(
      hintOfWrongRouting(FACTS, ['203.0.113.9'], OURS),
      `Replace the A record "203.0.113.9" of "links.acme.com" by a CNAME to "${TARGET}".`,
    )
    t.match(hintOfWrongRouting(factsOf('acme.com'), ['203.0.113.9'], OURS), /ALIAS, ANAME/)
    t.match(
      hintOfWrongRouting(FACTS, ['203.0.113.9', '203.0.113.8'], OURS),
      /^Replace the A records "203/,
    )
    t.equal(hintOfWrongRouting(FACTS, ['192.0.2.10'], OURS), undefined)
    t.equal(hintOfWrongRouting(FACTS, [], OURS), undefined)
  },
)

t.test('a provider that the hostname leads to is named', async (t) => {
  t.equal(
    hintOfWrongRouting(FACTS, ['d1234.cloudfront.net', '198.51.100.7'], OURS),
    '"links.acme.com" currently points at CloudFront distribution "d1234.cloudfront.net". ' +
      `Replace that record by a CNAME to "${TARGET}" when you want to move.`,
  )
  t.equal(
    hintOfWrongRouting(factsOf('acme.com'), ['23.227.38.65'], OURS),
    '"acme.com" currently points at Shopify shop "23.227.38.65". Replace that record by an ' +
      `ALIAS, ANAME or flattened CNAME of your DNS provider to "${TARGET}" when you want to move.`,
  )
  t.match(
    hintOfWrongRouting(FACTS, ['104.16.1.1'], OURS),
    /Cloudflare proxy "104\.16\.1\.1"\. The record is proxied: switch it to "DNS only"/,
  )
})
