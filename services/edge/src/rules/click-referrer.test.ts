import { canonicalHostname } from '@fingerpost/model/hostname'
import t from 'tap'
import { readReferrer, referrerOn } from './click-referrer.ts'

const CASES: readonly (readonly [referer: string, counted: string])[] = [
  ['https://www.example.co.uk/a/b?c=d#e', 'example.co.uk'],
  ['http://example.com', 'example.com'],
  ['HTTPS://WWW.Example.COM:8443/', 'example.com'],
  ['https://example.com.?q', 'example.com'],
  ['https://alice.github.io/page', 'alice.github.io'],
  ['https://user@www.example.com/', 'example.com'],
  // The same hostname as the link's, and others of the same domain.
  ['https://links.acme.com/other', ''],
  ['https://LINKS.acme.com.:443/other', ''],
  ['https://www.acme.com/', 'acme.com'],
  // What names no page of the web.
  ['', ''],
  ['about:blank', ''],
  ['android-app://com.example.mail/', ''],
  ['//example.com/', ''],
  ['https://', ''],
  ['https://192.0.2.1/', ''],
  ['https://[2001:db8::1]/', ''],
  ['https://localhost/', ''],
  ['https://co.uk/', ''],
  ['https://exa mple.com/', ''],
  ['https://<script>.com/', ''],
  ['https://bücher.example/', ''],
  [`https://${'a'.repeat(64)}.com/`, ''],
  [`https://${'a.'.repeat(130)}com/`, ''],
  [`https://${'a'.repeat(100)}@example.com/`, 'example.com'],
  [`https://${'a'.repeat(101)}@example.com/`, ''],
]

for (const [referer, counted] of CASES) {
  t.test(`Referer "${referer.slice(0, 60)}" counts as "${counted}"`, async (t) => {
    const hostname = canonicalHostname('links.acme.com')
    if (hostname === undefined) throw new Error('links.acme.com is a hostname')
    t.equal(referrerOn(hostname, readReferrer(referer)), counted)
  })
}
