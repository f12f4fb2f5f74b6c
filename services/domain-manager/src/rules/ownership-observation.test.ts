import t from 'tap'
import type { ChainEnd, DnsAnswer } from './dns-answer.ts'
import { observeOwnership, type OwnershipLook } from './ownership-observation.ts'

const NAME = '_fingerpost-verify.links.acme.com'
const TOKEN = 'fp-4zq7c2m3'
const EXPECTED = { name: NAME, token: TOKEN, ownZone: 'edge.example.net' }

const txt = (...values: string[]): DnsAnswer => ({ kind: 'found', values })
const failed = (failure: 'servfail' | 'refused' | 'timeout' | 'malformed'): DnsAnswer => ({
  kind: 'failed',
  failure,
})

const look = (
  answer: DnsAnswer,
  targets: readonly string[] = [],
  end: ChainEnd = { kind: 'name' },
): Omit<OwnershipLook, 'server'> => ({ chain: { targets, end }, txt: answer })

const observe = (...looks: readonly Omit<OwnershipLook, 'server'>[]) =>
  observeOwnership(
    looks.map((each, index) => ({ server: `192.0.2.${index + 1}:53`, ...each })),
    EXPECTED,
  )

// What one server can say: the truth, five kinds of nothing, and two kinds of something else.
const SAYINGS = {
  right: look(txt('other=1', TOKEN)),
  wrong: look(txt('fp-of-another-workspace')),
  missing: look({ kind: 'no_data' }),
  nxdomain: look({ kind: 'nxdomain' }, [], { kind: 'nxdomain' }),
  servfail: look(failed('servfail'), [], { kind: 'failed', failure: 'servfail' }),
  refused: look(failed('refused'), [], { kind: 'failed', failure: 'refused' }),
  timeout: look(failed('timeout'), [], { kind: 'failed', failure: 'timeout' }),
  lie: look(txt(TOKEN), ['planted.edge.example.net']),
} as const

type Saying = keyof typeof SAYINGS
const NAMES = Object.keys(SAYINGS) as readonly Saying[]
const NEGATIVE: readonly Saying[] = ['wrong', 'missing', 'nxdomain', 'lie']
const SILENT: readonly Saying[] = ['servfail', 'refused', 'timeout']

t.test('three servers prove ownership only when two of them do, and no more say no', async (t) => {
  let combinations = 0
  for (const one of NAMES) {
    for (const two of NAMES) {
      for (const three of NAMES) {
        const said = [one, two, three]
        const count = (kinds: readonly Saying[]) =>
          said.filter((saying) => kinds.includes(saying)).length
        const { kind } = observe(SAYINGS[one], SAYINGS[two], SAYINGS[three])
        const isProved = count(['right']) >= 2
        const isDenied = count(NEGATIVE) >= 2
        const expected = isProved ? 'proved' : isDenied ? 'denied' : 'unknown'
        const seen = ['missing', 'wrong', 'via_cname'].includes(kind) ? 'denied' : kind
        t.equal(seen, expected, said.join(', '))
        combinations += 1
      }
    }
  }
  t.equal(combinations, 512)
})

t.test('servers that fail prove and disprove nothing', async (t) => {
  for (const one of SILENT) {
    for (const two of SILENT) {
      const observation = observe(SAYINGS[one], SAYINGS[two])
      t.equal(observation.kind, 'unknown')
      t.match(observation.message, /cannot be told: 192\.0\.2\.1:53 .+; 192\.0\.2\.2:53 /)
    }
  }
})

t.test('fewer than three servers need no second witness, but no tie', async (t) => {
  t.equal(observe(SAYINGS.right).kind, 'proved')
  t.equal(observe(SAYINGS.right, SAYINGS.timeout).kind, 'proved')
  t.equal(observe(SAYINGS.right, SAYINGS.right).kind, 'proved')
  t.equal(observe(SAYINGS.right, SAYINGS.missing).kind, 'unknown')
  t.equal(observe(SAYINGS.missing).kind, 'missing')
  t.equal(observe(SAYINGS.missing, SAYINGS.timeout).kind, 'unknown')
})

t.test('only exactly the token in one value proves', async (t) => {
  const kindOf = (...values: string[]) => observe(look(txt(...values))).kind
  t.equal(kindOf(TOKEN), 'proved')
  t.equal(kindOf('a', 'b', TOKEN), 'proved')
  for (const value of [
    '',
    `"${TOKEN}"`,
    ` ${TOKEN}`,
    `${TOKEN} `,
    `${TOKEN}x`,
    TOKEN.toUpperCase(),
    TOKEN.slice(0, -1),
    `token=${TOKEN}`,
  ]) {
    t.equal(kindOf(value), 'wrong', value)
  }
  t.equal(kindOf(TOKEN.slice(0, 5), TOKEN.slice(5)), 'wrong', 'two values are not joined')
})

t.test('a CNAME into our own zone proves nothing, one to elsewhere is the way there', async (t) => {
  const via = (...targets: string[]) => observe(look(txt(TOKEN), targets)).kind
  t.equal(via('k3.edge.example.net'), 'via_cname')
  t.equal(via('edge.example.net'), 'via_cname')
  t.equal(via('x.acme-dns.example', 'k3.edge.example.net'), 'via_cname')
  t.equal(via('x.acme-dns.example'), 'proved')
  t.equal(via('not-edge.example.net'), 'proved')
})

t.test('what the CNAME lookup could not tell leaves a matching value unproved', async (t) => {
  for (const end of [
    { kind: 'failed', failure: 'servfail' },
    { kind: 'too_long' },
    { kind: 'loop' },
  ] as const) {
    t.equal(observe(look(txt(TOKEN), ['a.example'], end)).kind, 'unknown', end.kind)
    t.equal(observe(look(txt('x'), ['a.example'], end)).kind, 'wrong', end.kind)
  }
  t.equal(observe(look(txt(TOKEN), [], { kind: 'nxdomain' })).kind, 'proved')
  t.equal(observe(look(txt(TOKEN), [], { kind: 'target' })).kind, 'proved')
})

t.test('messages name the record, what it says and what is expected', async (t) => {
  t.equal(observe(look(txt('abc'))).message, `TXT at "${NAME}" says "abc"; expected "${TOKEN}".`)
  t.equal(
    observe(look(txt(`"${TOKEN}"`))).message,
    `TXT at "${NAME}" says ""${TOKEN}""; expected "${TOKEN}". ` +
      'Take the quotes and spaces out of the value.',
  )
  t.match(observe(look(txt(`x=${TOKEN}`))).message, / The value must be the token alone\.$/)
  t.equal(
    observe(SAYINGS.missing).message,
    `There is no TXT record at "${NAME}"; expected "${TOKEN}".`,
  )
  t.match(observe(SAYINGS.lie).message, /reached through a CNAME into "edge\.example\.net"/)
  t.match(observe(SAYINGS.right).message, /proves ownership/)
  t.equal(
    observe(SAYINGS.right, SAYINGS.wrong, SAYINGS.servfail).message,
    `TXT at "${NAME}" cannot be told: 192.0.2.1:53 gives the expected value; ` +
      '192.0.2.2:53 gives other values; 192.0.2.3:53 answered SERVFAIL.',
  )
  t.match(
    observe(SAYINGS.missing, SAYINGS.lie, SAYINGS.right, SAYINGS.right).message,
    /1:53 gives no TXT record; 192\.0\.2\.2:53 gives a CNAME into our own zone/,
  )
})

t.test('what was found is kept whatever it means', async (t) => {
  t.same(observe(look(txt('b', 'a')), look(txt('a'))).found, ['a', 'b'])
  t.same(observe(SAYINGS.missing).found, [])
  t.same(observe(SAYINGS.wrong, SAYINGS.timeout, SAYINGS.timeout).found, [
    'fp-of-another-workspace',
  ])
})

const at = (name: keyof typeof SAYINGS, server: string, keptUntil?: number): OwnershipLook => ({
  ...SAYINGS[name],
  server,
  isAuthority: server.startsWith('ns'),
  keptUntil,
})
const together = (...looks: readonly OwnershipLook[]) => observeOwnership(looks, EXPECTED)

t.test("the zone's own servers must agree, and two servers must have the token", async (t) => {
  const elsewhere: OwnershipLook = {
    ...look(txt(TOKEN), ['x.acme-dns.example'], { kind: 'leaves' }),
    server: 'ns9',
    isAuthority: true,
  }
  const none = [at('nxdomain', 'r1'), at('missing', 'r2'), at('timeout', 'r3')]
  const all = [at('right', 'r1'), at('right', 'r2'), at('right', 'r3')]
  const one = [at('right', 'r1'), at('missing', 'r2'), at('missing', 'r3')]
  const cases: readonly [readonly OwnershipLook[], string][] = [
    [[at('right', 'ns1'), at('right', 'ns2'), ...none], 'proved'],
    [[at('right', 'ns1'), ...none], 'unknown'],
    [[at('right', 'ns1'), at('timeout', 'ns2'), ...none], 'unknown'],
    [[at('right', 'ns1'), ...one], 'proved'],
    [[at('right', 'ns1'), ...all], 'proved'],
    [[at('right', 'ns1'), at('missing', 'ns2'), ...all], 'unknown'],
    [[at('missing', 'ns1'), ...all], 'missing'],
    [[at('wrong', 'ns1'), ...all], 'wrong'],
    [[at('timeout', 'ns1'), at('refused', 'ns2'), ...all], 'proved'],
    [[at('timeout', 'ns1'), ...none], 'missing'],
    // A CNAME out of the zone says nothing: the resolvers tell what is behind it.
    [[elsewhere, ...all], 'proved'],
    [[elsewhere, ...one], 'missing'],
  ]
  for (const [looks, kind] of cases) {
    t.equal(together(...looks).kind, kind, looks.map(({ server }) => server).join(' '))
  }
})

t.test('who still holds an older answer is named, and until when', async (t) => {
  const { propagation } = together(
    at('right', 'ns1'),
    at('right', 'ns2'),
    at('missing', 'r1', 5_000),
    at('nxdomain', 'r2', 9_000),
    at('right', 'r3', 99_000),
    at('timeout', 'r4'),
  )
  t.same(propagation, { until: 9_000, servers: ['r1', 'r2'] })
  const removed = together(at('missing', 'ns1'), at('right', 'r1', 7_000), at('missing', 'r2'))
  t.same(removed.propagation, { until: 7_000, servers: ['r1'] })
  const resolversOnly = together(at('right', 'r1'), at('missing', 'r2', 3_000), at('missing', 'r3'))
  t.same(resolversOnly.propagation, { until: undefined, servers: ['r2', 'r3'] })
  const slowZone = together(at('right', 'ns1'), at('missing', 'ns2', 3_000))
  t.same(slowZone.propagation, { until: undefined, servers: ['ns2'] })
  t.equal(together(at('missing', 'r1'), at('missing', 'r2')).propagation, undefined)
})

t.test('a holder has lost its token only where a loss of routing would count', async (t) => {
  const holding = (...looks: readonly OwnershipLook[]) =>
    observeOwnership(looks, { ...EXPECTED, token: 'mine', holderToken: TOKEN }).holderToken
  const cases: readonly [readonly OwnershipLook[], string][] = [
    [[at('right', 'r1'), at('right', 'r2'), at('missing', 'r3')], 'present'],
    [[at('missing', 'r1'), at('wrong', 'r2'), at('timeout', 'r3')], 'absent'],
    [[at('missing', 'r1'), at('missing', 'r2'), at('right', 'r3')], 'unknown'],
    [[at('missing', 'r1'), at('timeout', 'r2'), at('timeout', 'r3')], 'unknown'],
    [[at('missing', 'ns1'), at('missing', 'r1'), at('right', 'r2'), at('timeout', 'r3')], 'absent'],
    [[at('missing', 'ns1'), at('right', 'r1'), at('right', 'r2'), at('missing', 'r3')], 'unknown'],
    [[at('right', 'ns1'), at('missing', 'ns2'), at('missing', 'r1')], 'unknown'],
    [[at('right', 'ns1'), at('right', 'ns2'), at('missing', 'r1')], 'present'],
  ]
  for (const [looks, presence] of cases) t.equal(holding(...looks), presence)
  t.equal(together(at('right', 'r1')).holderToken, undefined)
})

t.test('what was not looked at is not told', async (t) => {
  t.same(observeOwnership([], EXPECTED), {
    kind: 'unknown',
    found: [],
    message: `TXT at "${NAME}" was not looked at.`,
  })
})
