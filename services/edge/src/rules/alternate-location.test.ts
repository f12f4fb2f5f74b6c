import t from 'tap'
import { canonicalHostname } from '@fingerpost/model/hostname'
import { alternateLocation } from './alternate-location.ts'

const primary = canonicalHostname('new.example.com')
if (primary === undefined) throw new Error('The test is wrong.')

const CASES = [
  ['/', '/'],
  ['/spring', '/spring'],
  ['/spring/?a=b&c=%20', '/spring/?a=b&c=%20'],
  ['/a/b/c', '/a/b/c'],
  ['//evil.example/x', '//evil.example/x'],
  ['/\\evil.example', '/\\evil.example'],
  ['/@evil.example', '/@evil.example'],
  ['/spring#fragment', '/spring'],
  ['/a b', '/a%20b'],
  ['/a\r\nSet-Cookie: x', '/a%0D%0ASet-Cookie:%20x'],
  ['/caf\u00c3\u00a9', '/caf%C3%A9'],
  ['/\u007f', '/%7F'],
  ['https://evil.example/x', '/'],
  ['*', '/'],
  ['', '/'],
  ['.evil.example', '/'],
] as const

for (const [requestTarget, path] of CASES) {
  t.test(
    `${JSON.stringify(requestTarget)} is ${JSON.stringify(path)} on the primary`,
    async (t) => {
      const location = alternateLocation(primary, requestTarget)
      t.equal(location, `https://new.example.com${path}`)
      t.equal(new URL(location).host, 'new.example.com')
      t.match(location, /^[\x21-\x7e]+$/)
    },
  )
}
