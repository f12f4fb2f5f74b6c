import t from 'tap'
import { canonicalHostname } from './hostname.ts'
import { registrableDomain } from './registrable-domain.ts'

const CASES: readonly (readonly [hostname: string, domain: string | undefined])[] = [
  ['example.com', 'example.com'],
  ['links.example.com', 'example.com'],
  ['a.b.c.example.co.uk', 'example.co.uk'],
  ['alice.github.io', 'alice.github.io'],
  ['www.alice.github.io', 'alice.github.io'],
  ['github.io', 'github.io'],
  ['co.uk', undefined],
  ['www.xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['wiki.corp.internal', 'corp.internal'],
]

for (const [hostname, domain] of CASES) {
  t.test(`the registrable domain of ${hostname} is ${domain ?? 'none'}`, async (t) => {
    const canonical = canonicalHostname(hostname)
    t.equal(canonical === undefined ? 'no hostname' : registrableDomain(canonical), domain)
  })
}
