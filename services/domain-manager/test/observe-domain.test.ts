import { NEVER_LOOKED_AT } from '@fingerpost/model/domain-check'
import { parseHostname } from '@fingerpost/model/hostname'
import t from 'tap'
import { FakeResolver } from '../src/dns/fake-resolver.ts'
import type { DnsServer } from '../src/dns/resolver.ts'
import type { DnsAnswer } from '../src/rules/dns-answer.ts'
import { observeDomain } from '../src/work/observe-domain.ts'

const parsed = parseHostname('links.acme.com', undefined)
if (!parsed.ok) throw new Error(parsed.message)
const HOSTNAME = parsed.hostname
const TARGET = 'k3.edge.example.net'
const TXT_NAME = `_fingerpost-verify.${HOSTNAME}`
const DOMAIN = { hostname: HOSTNAME, cnameTarget: TARGET, verificationToken: 'fp-secret' }

const found = (...values: string[]): DnsAnswer => ({ kind: 'found', values })
const NO_DATA: DnsAnswer = { kind: 'no_data' }
const NXDOMAIN: DnsAnswer = { kind: 'nxdomain' }

/** A server that knows our target and nothing of the customer's. */
const server = (): FakeResolver =>
  new FakeResolver('192.0.2.1:53')
    .answers('CNAME', TXT_NAME, NXDOMAIN)
    .answers('TXT', TXT_NAME, NXDOMAIN)
    .answers('CNAME', HOSTNAME, NXDOMAIN)
    .answers('A', TARGET, found('192.0.2.80'))
    .answers('AAAA', TARGET, NO_DATA)

function observe(
  servers: readonly DnsServer[],
  options: {
    readonly publicTarget?: string | undefined
    readonly cnameTarget?: string
    readonly lossSeenAt?: number
    readonly signal?: AbortSignal
    readonly countLookup?: (server: string, answer: DnsAnswer) => void
    readonly wantsAddresses?: () => boolean
  } = {},
) {
  const { cnameTarget = TARGET, signal = new AbortController().signal } = options
  const stored = { lossSeenAt: options.lossSeenAt, observations: { routing: NEVER_LOOKED_AT } }
  return observeDomain({ ...DOMAIN, ...stored, cnameTarget }, signal, {
    servers,
    txtPrefix: '_fingerpost-verify',
    publicTarget: 'publicTarget' in options ? options.publicTarget : 'edge.example.net',
    now: () => 0,
    countLookup: options.countLookup ?? (() => {}),
    wantsAddresses: options.wantsAddresses ?? (() => false),
  })
}

t.test('the TXT record is asked for under its prefix, and its CNAME', async (t) => {
  const asked = server().answers('CNAME', TXT_NAME, NO_DATA).answers('TXT', TXT_NAME, found('x'))
  const { ownership } = await observe([asked])
  t.match(ownership, { kind: 'wrong', found: ['x'] })
  t.ok(asked.asked.includes(`CNAME ${TXT_NAME}`))
  t.ok(asked.asked.includes(`TXT ${TXT_NAME}`))
})

t.test('a server that gave no TXT answer is not asked for the way to it', async (t) => {
  const failed = server().answers('TXT', TXT_NAME, { kind: 'failed', failure: 'timeout' })
  const { ownership } = await observe([failed])
  t.match(ownership, { kind: 'unknown', message: /192\.0\.2\.1:53 did not answer in time/ })
  t.notOk(failed.asked.includes(`CNAME ${TXT_NAME}`))
})

t.test('a server that is slow once is not waited for by each of the others', async (t) => {
  const failing = { kind: 'failed', failure: 'timeout' } as const
  let waiting = 0
  let together = 0
  const silent = Array.from({ length: 4 }, (_, index): DnsServer => ({
    name: `192.0.2.${index}:53`,
    async lookup(name, type) {
      if (name !== HOSTNAME || type === 'CNAME') return type === 'A' ? found('192.0.2.80') : failing
      waiting += 1
      together = Math.max(together, waiting)
      await new Promise((resolve) => void setImmediate(resolve))
      waiting -= 1
      return failing
    },
  }))
  t.same((await observe(silent, { wantsAddresses: () => true })).addresses, [])
  t.equal(together, 2 * (silent.length - 1), 'the first alone, then all others')
})

t.test('a TXT answer reached through a CNAME into our own zone proves nothing', async (t) => {
  const planted = (target: string): FakeResolver =>
    server()
      .answers('CNAME', TXT_NAME, found(target))
      .answers('CNAME', target, NO_DATA)
      .answers('TXT', TXT_NAME, found('fp-secret'))
  const kindOf = async (target: string, publicTarget?: string) =>
    (await observe([planted(target)], { publicTarget })).ownership.kind
  t.equal(await kindOf(TARGET, 'edge.example.net'), 'via_cname')
  t.equal(await kindOf('other.edge.example.net', 'edge.example.net'), 'via_cname')
  t.equal(await kindOf('proofs.acme.net', 'edge.example.net'), 'proved')
  t.equal(await kindOf('other.edge.example.net'), 'via_cname', 'the zone above the target')
})

t.test('a top-level domain is never taken for our own zone', async (t) => {
  const asked = new FakeResolver('192.0.2.1:53')
    .answers('CNAME', TXT_NAME, found('proofs.acme.net'))
    .answers('CNAME', 'proofs.acme.net', NO_DATA)
    .answers('TXT', TXT_NAME, found('fp-secret'))
    .answers('CNAME', HOSTNAME, found('edge.net'))
  const options = { publicTarget: undefined, cnameTarget: 'edge.net' }
  t.equal((await observe([asked], options)).ownership.kind, 'proved')
})

t.test('CNAME records are followed one by one, to our target and no further', async (t) => {
  const asked = server()
    .answers('CNAME', HOSTNAME, found('a.acme.net'))
    .answers('CNAME', 'a.acme.net', found('b.acme.net'))
    .answers('CNAME', 'b.acme.net', found(TARGET))
  const { routing } = await observe([asked])
  t.match(routing, { kind: 'points_here', found: ['a.acme.net', 'b.acme.net', TARGET] })
  t.notOk(asked.asked.some((question) => question.endsWith(TARGET)))
})

t.test('a chain of ten is followed, one of eleven is not told', async (t) => {
  const chainOf = (length: number): FakeResolver => {
    const asked = server()
    let name: string = HOSTNAME
    for (let index = 1; index < length; index += 1) {
      asked.answers('CNAME', name, found(`c${index}.acme.net`))
      name = `c${index}.acme.net`
    }
    return asked.answers('CNAME', name, found(TARGET))
  }
  t.equal((await observe([chainOf(10)])).routing.kind, 'points_here')
  t.equal((await observe([chainOf(11)])).routing.kind, 'unknown')
  t.equal((await observe([chainOf(12)])).routing.kind, 'unknown')
})

t.test('CNAME records in a circle end the look', async (t) => {
  const self = server().answers('CNAME', HOSTNAME, found(HOSTNAME))
  t.equal((await observe([self])).routing.kind, 'points_elsewhere')
  const circle = server()
    .answers('CNAME', HOSTNAME, found('a.acme.net'))
    .answers('CNAME', 'a.acme.net', found(HOSTNAME))
  t.equal((await observe([circle])).routing.kind, 'points_elsewhere')
})

t.test('addresses are asked for at the end of the chain', async (t) => {
  const asked = server()
    .answers('CNAME', HOSTNAME, found('cdn.acme.net'))
    .answers('CNAME', 'cdn.acme.net', NO_DATA)
    .answers('A', 'cdn.acme.net', found('203.0.113.9'))
    .answers('AAAA', 'cdn.acme.net', NO_DATA)
  const { routing } = await observe([asked])
  t.match(routing, { kind: 'points_elsewhere', found: ['203.0.113.9', 'cdn.acme.net'] })
  const flattened = server()
    .answers('CNAME', HOSTNAME, NO_DATA)
    .answers('A', HOSTNAME, found('192.0.2.80'))
    .answers('AAAA', HOSTNAME, NO_DATA)
  t.equal((await observe([flattened])).routing.kind, 'points_here')
})

t.test(
  'no loss is seen while our own target has no addresses, from the first look on',
  async (t) => {
    t.equal((await observe([server()])).routing.kind, 'missing')
    const gone = server().answers('A', TARGET, NXDOMAIN)
    t.equal((await observe([gone])).routing.kind, 'both_missing')
    const flattened = server()
      .answers('CNAME', HOSTNAME, NO_DATA)
      .answers('A', HOSTNAME, found('192.0.2.80'))
      .answers('AAAA', HOSTNAME, NO_DATA)
      .answers('A', TARGET, NXDOMAIN)
    t.equal((await observe([flattened])).routing.kind, 'unknown')
  },
)

t.test('every lookup is counted with its server', async (t) => {
  const counted: string[] = []
  const countLookup = (name: string, { kind }: DnsAnswer) => void counted.push(`${name} ${kind}`)
  await observe([server()], { countLookup })
  t.equal(counted.length, 5)
  t.ok(counted.every((line) => line.startsWith('192.0.2.1:53 ')))
})

t.test('what is not answered when time is over cannot be told', async (t) => {
  const { ownership, routing } = await observe([server(), server()], {
    signal: AbortSignal.abort(),
  })
  t.same([ownership.kind, routing.kind], ['unknown', 'unknown'])
  t.match(routing.message, /did not answer in time/)
})

t.test('a question that was not scripted is refused', async (t) => {
  const asked = new FakeResolver('192.0.2.1:53')
  await t.rejects(observe([asked]), { message: /was asked ".+" unexpectedly/ })
})

t.test('a lost CNAME is told by a server that still gives the token', async (t) => {
  const without = (txt: DnsAnswer): FakeResolver =>
    new FakeResolver('192.0.2.53:53')
      .answers('CNAME', TXT_NAME, NO_DATA)
      .answers('TXT', TXT_NAME, txt)
      .answers('CNAME', HOSTNAME, NXDOMAIN)
      .answers('A', TARGET, NO_DATA)
      .answers('AAAA', TARGET, NO_DATA)
  const kindOf = async (txt: DnsAnswer, lossSeenAt: number) =>
    (await observe([without(txt)], { lossSeenAt })).routing.kind
  t.equal(await kindOf(found('fp-secret'), 1), 'missing')
  t.equal(await kindOf(found('something'), 1), 'both_missing')
  t.equal((await observe([without(found('fp-secret'))])).routing.kind, 'both_missing')
})

t.test('the addresses for a probe are those that any server sees, old and new', async (t) => {
  const fresh = () => server().answers('CNAME', HOSTNAME, found(TARGET))
  const stale = server()
    .answers('CNAME', HOSTNAME, NO_DATA)
    .answers('A', HOSTNAME, found('203.0.113.9'))
    .answers('AAAA', HOSTNAME, NO_DATA)
  const wantsAddresses = () => true
  const seen = await observe([stale, fresh(), fresh()], { wantsAddresses })
  t.equal(seen.routing.kind, 'points_here')
  t.same(seen.addresses, ['203.0.113.9', '192.0.2.80'])
  t.same((await observe([fresh()], { wantsAddresses })).addresses, ['192.0.2.80'])
  const moved = await observe([stale, stale, fresh()], { wantsAddresses })
  t.same([moved.routing.kind, moved.addresses], ['unknown', ['203.0.113.9']], 'no loss yet')
})
