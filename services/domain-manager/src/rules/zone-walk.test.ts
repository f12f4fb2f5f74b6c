import { canonicalHostname, parseHostname } from '@fingerpost/model/hostname'
import t from 'tap'
import type { DnsAnswer } from './dns-answer.ts'
import { agreedValues, zoneNames, ZONE_KEPT_MS } from './zone-walk.ts'

const namesOf = (text: string): readonly string[] => {
  const parsed = parseHostname(text, undefined)
  if (!parsed.ok) throw new Error(parsed.message)
  return zoneNames(parsed.hostname)
}

t.test('a zone is looked for from the hostname up to its registrable domain', async (t) => {
  t.same(namesOf('links.acme.com'), ['links.acme.com', 'acme.com'])
  t.same(namesOf('acme.co.uk'), ['acme.co.uk'])
  t.same(namesOf('go.links.acme.co.uk'), ['go.links.acme.co.uk', 'links.acme.co.uk', 'acme.co.uk'])
  t.same(namesOf('alice.github.io'), ['alice.github.io'])
  const deep = namesOf('a.b.c.d.e.f.g.h.acme.com')
  t.equal(deep.length, 6)
  t.equal(deep.at(-1), 'acme.com')
})

t.test('a suffix of a registry has no zone to look for', async (t) => {
  const suffix = canonicalHostname('co.uk')
  t.same(suffix === undefined ? undefined : zoneNames(suffix), [])
})

const found = (ttlS: number | undefined, ...values: string[]): DnsAnswer => ({
  kind: 'found',
  values,
  details: {
    rcode: 'NOERROR',
    isAuthoritative: false,
    chain: [],
    records: [],
    ttlS,
    soaOwner: undefined,
    at: 0,
  },
})
const viaCname = (value: string): DnsAnswer => {
  const answer = found(60, value)
  return answer.details === undefined
    ? answer
    : { ...answer, details: { ...answer.details, chain: ['elsewhere.example'] } }
}
const NO_DATA: DnsAnswer = { kind: 'no_data' }
const SERVFAIL: DnsAnswer = { kind: 'failed', failure: 'servfail' }

t.test('two of three resolvers choose the servers, one that lies does not', async (t) => {
  const truth = found(600, 'ns1.acme.net', 'ns2.acme.net')
  t.same(agreedValues([truth, truth, found(600, 'ns.evil.example')]), {
    kind: 'found',
    values: ['ns1.acme.net', 'ns2.acme.net'],
    keptMs: 600_000,
  })
  t.same(agreedValues([found(600, 'ns.evil.example'), NO_DATA, SERVFAIL]), { kind: 'none' })
  t.match(agreedValues([truth, SERVFAIL]), { kind: 'found' })
  t.same(agreedValues([SERVFAIL, SERVFAIL]), { kind: 'failed' })
  t.same(agreedValues([]), { kind: 'failed' })
  t.same(agreedValues([viaCname('ns1.acme.net'), viaCname('ns1.acme.net')]), { kind: 'none' })
})

t.test('servers are remembered for as long as DNS says, within bounds', async (t) => {
  const keptMs = (ttlS: number | undefined): unknown => {
    const agreed = agreedValues([found(ttlS, 'ns1.acme.net')])
    return agreed.kind === 'found' ? agreed.keptMs : agreed.kind
  }
  t.equal(keptMs(0), ZONE_KEPT_MS.min)
  t.equal(keptMs(undefined), ZONE_KEPT_MS.min)
  t.equal(keptMs(61), 61_000)
  t.equal(keptMs(86_400 * 30), ZONE_KEPT_MS.max)
  t.match(agreedValues([{ kind: 'found', values: ['ns1.acme.net'] }]), {
    keptMs: ZONE_KEPT_MS.min,
  })
})
