import { NEVER_LOOKED_AT } from '@fingerpost/model/domain-check'
import t from 'tap'
import type { ChainEnd, DnsAnswer } from './dns-answer.ts'
import {
  hadCname,
  observeRouting,
  type AddressLook,
  type RoutingLook,
} from './routing-observation.ts'

const TARGET = 'k3.edge.example.net'
const EXPECTED = { hostname: 'links.acme.com', cnameTarget: TARGET, hadCname: false }

const NO_DATA: DnsAnswer = { kind: 'no_data' }
const NXDOMAIN: DnsAnswer = { kind: 'nxdomain' }
const failed = (failure: 'servfail' | 'refused' | 'timeout'): DnsAnswer => ({
  kind: 'failed',
  failure,
})
const found = (...values: string[]): DnsAnswer => ({ kind: 'found', values })
const addresses = (a: DnsAnswer, aaaa: DnsAnswer = NO_DATA): AddressLook => ({ a, aaaa })

const OURS = addresses(found('192.0.2.10', '192.0.2.11'), found('2001:db8::10'))
const NONE = addresses(NO_DATA)

type Saying = Omit<RoutingLook, 'server' | 'seesToken'>

const chain = (end: ChainEnd, ...targets: string[]): Saying => ({
  chain: { targets, end },
  addresses: undefined,
  targetAddresses: undefined,
})
const flat = (own: AddressLook, target: AddressLook = OURS): Saying => ({
  chain: { targets: [], end: { kind: 'name' } },
  addresses: own,
  targetAddresses: target,
})

const observe = (
  looks: readonly Saying[],
  { seesToken, hadCname }: { seesToken: boolean; hadCname: boolean } = {
    seesToken: false,
    hadCname: false,
  },
) =>
  observeRouting(
    looks.map((each, index) => ({ server: `192.0.2.${index + 1}:53`, ...each, seesToken })),
    { ...EXPECTED, hadCname },
  )

const SAYINGS = {
  right: chain({ kind: 'target' }, TARGET),
  wrong: {
    ...chain({ kind: 'name' }, 'shops.example.org'),
    addresses: addresses(found('203.0.113.9')),
    targetAddresses: OURS,
  },
  missing: flat(NONE),
  nxdomain: { ...chain({ kind: 'nxdomain' }), targetAddresses: OURS },
  servfail: chain({ kind: 'failed', failure: 'servfail' }),
  refused: chain({ kind: 'failed', failure: 'refused' }),
  timeout: chain({ kind: 'failed', failure: 'timeout' }),
  // A resolver that sends every name to its own search page, ours included.
  lie: flat(addresses(found('198.51.100.66')), addresses(NO_DATA)),
} as const satisfies Readonly<Record<string, Saying>>

type Name = keyof typeof SAYINGS
const NAMES = Object.keys(SAYINGS) as readonly Name[]
const LOSSES: readonly Name[] = ['wrong', 'missing', 'nxdomain']

t.test('three servers lose routing only when two say so and none sees it', async (t) => {
  let combinations = 0
  for (const one of NAMES) {
    for (const two of NAMES) {
      for (const three of NAMES) {
        const said = [one, two, three]
        const right = said.filter((name) => name === 'right').length
        const lost = said.filter((name) => LOSSES.includes(name)).length
        const { kind } = observe([SAYINGS[one], SAYINGS[two], SAYINGS[three]])
        const expected = right > lost ? 'here' : lost >= 2 && right === 0 ? 'lost' : 'unknown'
        const seen = kind === 'points_here' ? 'here' : kind === 'unknown' ? 'unknown' : 'lost'
        t.equal(seen, expected, said.join(', '))
        combinations += 1
      }
    }
  }
  t.equal(combinations, 512)
})

t.test('failing servers change nothing in any position of a look', async (t) => {
  for (const failure of ['servfail', 'refused', 'timeout'] as const) {
    const broken = failed(failure)
    const elsewhere = addresses(found('203.0.113.9'))
    const looks: Readonly<Record<string, Saying>> = {
      'the first CNAME': chain({ kind: 'failed', failure }),
      'the second CNAME': chain({ kind: 'failed', failure }, 'a.example'),
      'A of the hostname': flat(addresses(broken, NO_DATA)),
      'AAAA of the hostname': flat(addresses(NO_DATA, broken)),
      'AAAA beside a foreign A': flat(addresses(found('203.0.113.9'), broken)),
      'both addresses': flat(addresses(broken, broken)),
      'our own addresses': flat(elsewhere, addresses(broken, broken)),
      'our own A': flat(elsewhere, addresses(broken, NO_DATA)),
      'our own AAAA': flat(elsewhere, addresses(NO_DATA, broken)),
      'our own addresses, nothing published': flat(NONE, addresses(broken, broken)),
    }
    for (const [position, saying] of Object.entries(looks)) {
      t.equal(observe([saying, saying, saying]).kind, 'unknown', `${failure} of ${position}`)
    }
  }
})

t.test('one failing family does not hide an address that is ours', async (t) => {
  const half = flat(addresses(found('192.0.2.10'), failed('timeout')))
  t.equal(observe([half]).kind, 'points_here')
  const halfOfOurs = flat(
    addresses(found('192.0.2.10')),
    addresses(found('192.0.2.10'), failed('servfail')),
  )
  t.equal(observe([halfOfOurs]).kind, 'points_here')
})

t.test('a zone that flattens leads here when all its addresses are ours', async (t) => {
  const kindOf = (own: AddressLook, target = OURS) => observe([flat(own, target)]).kind
  t.equal(kindOf(addresses(found('192.0.2.10'))), 'points_here')
  t.equal(kindOf(addresses(NO_DATA, found('2001:db8::10'))), 'points_here')
  t.equal(kindOf(OURS), 'points_here')
  t.equal(kindOf(addresses(found('192.0.2.10', '203.0.113.9'))), 'points_partly')
  t.equal(kindOf(addresses(found('192.0.2.10'), found('2001:db8::9'))), 'points_partly')
  t.equal(kindOf(addresses(found('203.0.113.9'))), 'points_elsewhere')
  t.equal(kindOf(NONE), 'missing')
  t.equal(kindOf(addresses(NXDOMAIN, NXDOMAIN)), 'missing')
})

t.test('a CNAME to another name counts by where that name leads', async (t) => {
  const via = (own: AddressLook | undefined, end: ChainEnd = { kind: 'name' }) =>
    observe([{ ...chain(end, 'www.acme.com'), addresses: own, targetAddresses: OURS }]).kind
  t.equal(via(addresses(found('192.0.2.10'))), 'points_here')
  t.equal(via(addresses(found('203.0.113.9'))), 'points_elsewhere')
  t.equal(via(NONE), 'points_elsewhere')
  t.equal(via(undefined, { kind: 'nxdomain' }), 'points_elsewhere')
  t.equal(via(undefined, { kind: 'target' }), 'points_here')
})

t.test('a CNAME that leads to our name counts although our name leads nowhere', async (t) => {
  const looks = [SAYINGS.right, SAYINGS.right, SAYINGS.right]
  t.equal(observe(looks).kind, 'points_here')
})

t.test('addresses that rotate are compared with those that any server gave', async (t) => {
  const one = flat(addresses(found('192.0.2.10')), addresses(found('192.0.2.11')))
  const other = flat(addresses(found('192.0.2.11')), addresses(found('192.0.2.10')))
  t.equal(observe([one, other]).kind, 'points_here')
  t.equal(observe([one]).kind, 'points_elsewhere')
})

t.test('circles are a fault of the zone, endless chains are not told', async (t) => {
  const loop = observe([chain({ kind: 'loop' }, 'a.example', 'links.acme.com')])
  t.equal(loop.kind, 'points_elsewhere')
  t.match(loop.message, /lead in a circle \("a\.example", "links\.acme\.com"\)/)
  const long = observe([chain({ kind: 'too_long' }, 'a.example')])
  t.equal(long.kind, 'unknown')
  t.match(long.message, /more than 10 CNAME records in a row/)
})

t.test('a server that cannot find our own name says nothing about a loss', async (t) => {
  const elsewhere = flat(addresses(found('203.0.113.9')), NONE)
  t.equal(observe([elsewhere, elsewhere]).kind, 'unknown')
  t.match(observe([elsewhere]).message, /does not find our own name "k3\.edge\.example\.net"/)
  const gone = { ...chain({ kind: 'nxdomain' }), targetAddresses: addresses(NXDOMAIN, NXDOMAIN) }
  const broken = flat(NONE, addresses(failed('servfail'), failed('servfail')))
  const { right, missing, wrong, timeout } = SAYINGS
  for (const none of [flat(NONE, NONE), gone]) {
    t.equal(observe([none, none]).kind, 'both_missing')
    t.match(observe([none]).message, /no CNAME, .+, which has no address itself\.$/)
    t.equal(observe([none, missing, timeout]).kind, 'both_missing')
    t.equal(observe([none, missing, missing]).kind, 'missing')
    t.equal(observe([none, broken, broken]).kind, 'unknown')
    t.equal(observe([none, wrong, timeout]).kind, 'unknown')
    t.equal(observe([none, none, right]).kind, 'points_here')
  }
})

t.test('a CNAME that was there is lost for sure where the TXT record is still seen', async (t) => {
  const seen = { seesToken: true, hadCname: true }
  const stray = flat(addresses(found('203.0.113.9')), NONE)
  t.equal(observe([flat(NONE, NONE)], seen).kind, 'missing')
  t.equal(observe([stray], seen).kind, 'points_elsewhere')
  for (const less of [
    { seesToken: false, hadCname: true },
    { seesToken: true, hadCname: false },
  ]) {
    t.equal(observe([flat(NONE, NONE)], less).kind, 'both_missing')
    t.equal(observe([stray], less).kind, 'unknown')
  }
  const broken = addresses(failed('servfail'), failed('servfail'))
  t.equal(observe([flat(NONE, broken)], seen).kind, 'unknown')
})

t.test('a domain had its CNAME when it was last found, or while its loss is seen', async (t) => {
  const stored = (values: readonly string[], lossSeenAt?: number) =>
    hadCname({
      cnameTarget: TARGET,
      lossSeenAt,
      observations: { routing: { ...NEVER_LOOKED_AT, found: values } },
    })
  t.equal(stored([TARGET]), true)
  t.equal(stored(['192.0.2.10']), false)
  t.equal(stored([], 0), true)
})

t.test('a CNAME that leads elsewhere does so although our own name is gone', async (t) => {
  const via = (own: AddressLook | undefined, target: AddressLook) => {
    const end: ChainEnd = own === undefined ? { kind: 'nxdomain' } : { kind: 'name' }
    return observe([{ ...chain(end, 'www.acme.com'), addresses: own, targetAddresses: target }])
  }
  const broken = failed('servfail')
  for (const own of [addresses(found('203.0.113.9')), NONE, undefined]) {
    t.equal(via(own, NONE).kind, 'points_elsewhere')
    t.equal(via(own, addresses(NXDOMAIN, NXDOMAIN)).kind, 'points_elsewhere')
    // Our own name may well exist: what lies behind the CNAME may be ours.
    t.equal(via(own, addresses(broken, broken)).kind, 'unknown')
    t.equal(via(own, addresses(NO_DATA, broken)).kind, 'unknown')
  }
})

t.test('partly here is neither routing nor its loss', async (t) => {
  const partly = flat(addresses(found('192.0.2.10', '203.0.113.9')))
  t.equal(observe([partly, partly, SAYINGS.missing]).kind, 'points_partly')
  t.equal(observe([partly, SAYINGS.right, SAYINGS.missing]).kind, 'points_partly')
  t.equal(observe([partly, SAYINGS.right, SAYINGS.right]).kind, 'points_here')
  t.equal(observe([partly, SAYINGS.missing, SAYINGS.missing]).kind, 'unknown')
})

t.test('fewer servers need the same majorities', async (t) => {
  const { right, missing, timeout } = SAYINGS
  t.equal(observe([right, timeout]).kind, 'points_here')
  t.equal(observe([right, missing]).kind, 'unknown')
  t.equal(observe([missing, timeout]).kind, 'unknown')
  t.equal(observe([missing, missing]).kind, 'missing')
  t.equal(observe([missing]).kind, 'missing')
})

t.test('messages say what was found and what is expected', async (t) => {
  const { right, wrong, missing, servfail } = SAYINGS
  t.equal(observe([right]).message, '"links.acme.com" leads to this server.')
  t.same(observe([right]).found, [TARGET])
  t.equal(
    observe([wrong]).message,
    `"links.acme.com" leads to "203.0.113.9", "shops.example.org"; expected a CNAME to "${TARGET}".`,
  )
  t.equal(
    observe([missing]).message,
    `"links.acme.com" has no CNAME, A or AAAA record; expected a CNAME to "${TARGET}".`,
  )
  t.equal(
    observe([right, missing, wrong, servfail]).message,
    'Where "links.acme.com" leads cannot be told: 192.0.2.1:53 sees it lead here; ' +
      '192.0.2.2:53 sees no record; 192.0.2.3:53 sees it lead elsewhere; ' +
      '192.0.2.4:53 answered SERVFAIL.',
  )
  const partly = flat(addresses(found('192.0.2.10', '203.0.113.9')))
  t.match(observe([partly]).message, /only partly here: "203\.0\.113\.9" is not ours/)
  const two = flat(addresses(found('192.0.2.10', '203.0.113.8', '203.0.113.9')))
  t.match(observe([two]).message, /: "203\.0\.113\.8", "203\.0\.113\.9" are not ours/)
  t.match(observe([partly, missing]).message, /sees it lead here only partly/)
})

const by = (name: Name | 'partly' | 'leaves', server: string, keptUntil?: number): RoutingLook => {
  const more = {
    partly: flat(addresses(found('192.0.2.10', '203.0.113.9'))),
    leaves: chain({ kind: 'leaves' }, 'shops.example.org'),
  }
  const saying = name === 'partly' || name === 'leaves' ? more[name] : SAYINGS[name]
  return { ...saying, server, isAuthority: server.startsWith('ns'), keptUntil, seesToken: false }
}
const together = (looks: readonly RoutingLook[], hadIt = false) =>
  observeRouting(looks, { ...EXPECTED, hadCname: hadIt })

t.test("the zone's own servers decide, but not against where visitors are led", async (t) => {
  const here = [by('right', 'r1'), by('right', 'r2'), by('missing', 'r3')]
  const lost = [by('missing', 'r1'), by('nxdomain', 'r2'), by('missing', 'r3')]
  const split = [by('right', 'r1'), by('missing', 'r2'), by('timeout', 'r3')]
  const silent = [by('timeout', 'r1'), by('servfail', 'r2'), by('refused', 'r3')]
  const right = by('right', 'ns1')
  const missing = by('missing', 'ns1')
  const cases: readonly [readonly RoutingLook[], string][] = [
    [[right, ...lost], 'points_here'],
    [[right, ...silent], 'points_here'],
    [[right, by('missing', 'ns2'), ...here], 'points_here'],
    [[right, by('missing', 'ns2'), ...lost], 'unknown'],
    [[missing, ...lost], 'missing'],
    [[missing, ...silent], 'missing'],
    [[missing, ...split], 'missing'],
    [[missing, ...here], 'unknown'],
    [[missing], 'missing'],
    [[by('wrong', 'ns1'), ...silent], 'points_elsewhere'],
    [[by('partly', 'ns1'), ...silent], 'points_partly'],
    [[by('timeout', 'ns1'), ...lost], 'missing'],
    [[by('timeout', 'ns1'), ...here], 'points_here'],
    // What is behind a CNAME out of the zone is told by the resolvers.
    [[by('leaves', 'ns1'), by('leaves', 'ns2'), ...lost], 'missing'],
    [[by('leaves', 'ns1'), ...here], 'points_here'],
    [[by('leaves', 'ns1'), right, ...lost], 'unknown'],
    [[by('timeout', 'ns1')], 'unknown'],
  ]
  for (const [looks, kind] of cases) {
    const said = looks.map(({ server, chain: { end } }) => `${server} ${end.kind}`)
    t.equal(together(looks).kind, kind, said.join(', '))
  }
  t.match(together([by('leaves', 'ns1'), right]).message, /ns1 gives a CNAME to another zone/)
})

t.test("what was found is the zone's own word where that decides", async (t) => {
  t.same(together([by('right', 'ns1'), by('wrong', 'r1')]).found, [TARGET])
  t.same(together([by('missing', 'ns1'), by('right', 'r1'), by('right', 'r2')]).found, [TARGET])
})

t.test('who still holds an older answer is named, and until when', async (t) => {
  const stale = (looks: readonly RoutingLook[], hadIt?: boolean) =>
    together(looks, hadIt).propagation
  t.same(stale([by('right', 'ns1'), by('missing', 'r1', 4_000), by('right', 'r2', 9_000)]), {
    until: 4_000,
    servers: ['r1'],
  })
  t.same(stale([by('missing', 'ns1'), by('right', 'r1', 4_000), by('missing', 'r2', 9_000)]), {
    until: 4_000,
    servers: ['r1'],
  })
  const split = [by('right', 'r1', 4_000), by('missing', 'r2', 9_000)]
  t.same(stale(split), { until: 9_000, servers: ['r2'] })
  t.same(stale(split, true), { until: 4_000, servers: ['r1'] })
  t.equal(stale([by('missing', 'r1'), by('missing', 'r2')]), undefined)
  t.equal(stale([by('timeout', 'r1'), by('timeout', 'r2')]), undefined)
})
