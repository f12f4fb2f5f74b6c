import { canonicalHostname } from '@fingerpost/model/hostname'
import t from 'tap'
import type { CaaObstacle, CaaVerdict } from './caa.ts'
import { observeCaa } from './caa-observation.ts'

const NOW = 1_800_000_000_000
const TARGET = 'k3.edge.example.net'

function observe(verdict: CaaVerdict, text = 'links.example.com') {
  const hostname = canonicalHostname(text)
  if (hostname === undefined) throw new Error(`no hostname: ${text}`)
  return observeCaa(verdict, { hostname, cnameTarget: TARGET, issuer: 'ca.example' }, NOW)
}

function forbidden(
  name: string,
  standsAt = name,
  obstacle: CaaObstacle = { kind: 'issuer_not_listed', issuers: ['other.example'] },
): CaaVerdict {
  return { kind: 'forbidden', place: { name, standsAt }, obstacle }
}

t.test('what is allowed or cannot be told needs no fix', async (t) => {
  t.same(observe({ kind: 'allowed', place: undefined }), {
    state: 'allows',
    message: 'No CAA record restricts who may issue for "links.example.com".',
    fix: undefined,
    checkedAt: NOW,
  })
  t.match(observe({ kind: 'allowed', place: { name: 'example.com', standsAt: 'example.com' } }), {
    state: 'allows',
    message: 'CAA at "example.com" lets "ca.example" issue for "links.example.com".',
  })
  t.match(observe({ kind: 'unknown', name: 'example.com', cause: 'no server answered' }), {
    state: 'unknown',
    message:
      'Whether CAA lets "ca.example" issue cannot be told at "example.com": no server answered.',
    fix: undefined,
  })
})

const RECORD = '`0 issue "ca.example"`'
const FIXES: readonly (readonly [where: string, verdict: CaaVerdict, fix: string])[] = [
  [
    'the parent',
    forbidden('example.com'),
    `Add the CAA record ${RECORD} at "example.com", beside those that are there.`,
  ],
  [
    'the hostname itself, which has no CNAME',
    forbidden('links.example.com'),
    `Add the CAA record ${RECORD} at "links.example.com", beside those that are there.`,
  ],
  [
    'our own CNAME target',
    forbidden('links.example.com', TARGET),
    'There is nothing that you can do: the operator of this server has to add the CAA record ' +
      `${RECORD} at "${TARGET}", beside those that are there.`,
  ],
  [
    'a name that the CNAME leads to on its way',
    forbidden('links.example.com', 'x.cdn.example'),
    `Let the CNAME of "links.example.com" lead to "${TARGET}" directly, or have the owner of ` +
      `"x.cdn.example" add the CAA record ${RECORD} at "x.cdn.example", beside those that are there.`,
  ],
  [
    'a name that the CNAME of a parent leads to',
    forbidden('example.com', 'x.cdn.example'),
    `Have the owner of "x.cdn.example" add the CAA record ${RECORD} at "x.cdn.example", ` +
      'beside those that are there.',
  ],
  [
    'a registry',
    forbidden('com'),
    `Add the CAA record ${RECORD} at "example.com": it counts before the one at "com", ` +
      'which belongs to a registry.',
  ],
  [
    'the parent, by an unknown critical tag',
    forbidden('example.com', 'example.com', { kind: 'unknown_critical_tag', tag: 'tbs' }),
    'Remove the record with the tag "tbs" at "example.com".',
  ],
]
for (const [where, verdict, fix] of FIXES) {
  t.test(`what forbids at ${where} has a fix that can work there`, async (t) => {
    t.match(observe(verdict), { state: 'forbids', fix })
  })
}

t.test('a suffix of a registry as hostname has its fix at the hostname', async (t) => {
  t.match(observe(forbidden('co.uk'), 'co.uk').fix, /^Add the CAA record .* at "co\.uk", beside/)
})

const MESSAGES: readonly (readonly [obstacle: CaaObstacle, words: string])[] = [
  [
    { kind: 'issuer_not_listed', issuers: ['a.example'] },
    'allows only "a.example", not "ca.example"',
  ],
  [
    { kind: 'issuer_not_listed', issuers: ['a', 'b', 'c', 'd', 'e'] },
    'allows only "a", "b", "c" and 2 more, not "ca.example"',
  ],
  [{ kind: 'issuer_not_listed', issuers: [] }, 'lets nobody issue certificates'],
  [
    { kind: 'unknown_critical_tag', tag: 'a"b' },
    String.raw`has the critical tag "a\"b", which no CA may ignore`,
  ],
  [
    { kind: 'account_not_listed' },
    'lets "ca.example" issue for another ACME account only, not for this server\'s',
  ],
  [{ kind: 'method_not_listed' }, 'lets "ca.example" issue, but not by the method "http-01"'],
]
for (const [obstacle, words] of MESSAGES) {
  t.test(`the message says that CAA ${words}`, async (t) => {
    const { message } = observe(forbidden('example.com', 'example.com', obstacle))
    t.equal(message, `CAA at "example.com" ${words}.`)
  })
}

t.test('the message says where a CNAME comes in', async (t) => {
  t.equal(
    observe(forbidden('links.example.com', 'x.cdn.example')).message,
    'CAA at "x.cdn.example" allows only "other.example", not "ca.example", ' +
      'where the CNAME of "links.example.com" leads.',
  )
})
