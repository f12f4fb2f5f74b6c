import type { VisitorKind } from '@fingerpost/model/click'
import t from 'tap'
import { asksForPrivacy, countryOf, visitorOf } from './click-dimensions.ts'

const VISITS: readonly (readonly [
  method: string,
  purpose: string | undefined,
  isBot: boolean,
  visitor: VisitorKind,
])[] = [
  ['GET', undefined, false, 'human'],
  ['GET', undefined, true, 'bot'],
  ['GET', 'prefetch', false, 'prefetch'],
  ['GET', 'prefetch;prerender', false, 'prefetch'],
  ['GET', ' Prefetch; anonymous-client-ip', true, 'prefetch'],
  ['GET', 'prefetching', false, 'human'],
  ['GET', 'no-prefetch', false, 'human'],
  ['GET', '', true, 'bot'],
  ['HEAD', undefined, false, 'head'],
  ['HEAD', 'prefetch', true, 'head'],
]
for (const [method, purpose, isBot, visitor] of VISITS) {
  const what = `${method}, purpose ${String(purpose)}, ${isBot ? 'bot' : 'no bot'}`
  t.test(`${what} is ${visitor}`, async (t) => {
    t.equal(visitorOf(method, purpose, isBot), visitor)
  })
}

t.test('only "1" asks for privacy', async (t) => {
  t.ok(asksForPrivacy('1', undefined))
  t.ok(asksForPrivacy('0', '1'))
  for (const said of [undefined, '', '0', 'unspecified', '1, 1']) {
    t.notOk(asksForPrivacy(said, said), String(said))
  }
})

const COUNTRIES: readonly (readonly [text: string | undefined, country: string])[] = [
  ['DE', 'DE'],
  ['de', 'DE'],
  ['AA', 'AA'],
  ['XX', ''],
  ['zz', ''],
  ['T1', ''],
  ['DEU', ''],
  ['D', ''],
  [' DE', ''],
  ['', ''],
  [undefined, ''],
]
for (const [text, country] of COUNTRIES) {
  t.test(`country ${String(text)} is "${country}"`, async (t) => {
    t.equal(countryOf(text), country)
  })
}
