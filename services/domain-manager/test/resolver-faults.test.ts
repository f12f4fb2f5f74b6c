import t from 'tap'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { DnsServer } from '../src/dns/resolver.ts'
import { DNS_FAILURES, type DnsAnswer, type DnsType } from '../src/rules/dns-answer.ts'
import { START, startWorld } from './world.ts'

const DAY_MS = 86_400_000
const ADDRESS = '192.0.2.80'

/** What each of three servers says about a domain, by a word in its hostname. */
type Fault = (server: number, type: DnsType, name: string) => DnsAnswer

const NXDOMAIN: DnsAnswer = { kind: 'nxdomain' }
const NO_DATA: DnsAnswer = { kind: 'no_data' }

const truth: Fault = (_server, type, name) => {
  if (type === 'A') return { kind: 'found', values: [ADDRESS] }
  if (type === 'CNAME' && name.startsWith('for-')) {
    return { kind: 'found', values: [`t.${name}.edge.example.net`] }
  }
  return NO_DATA
}

// A lie about the customer's name only, by a server that knows ours.
const lie: Fault = (server, type, name) =>
  name.endsWith('.edge.example.net') ? truth(server, type, name) : NXDOMAIN

const failures = Object.fromEntries(
  DNS_FAILURES.map((failure): [string, Fault] => [failure, () => ({ kind: 'failed', failure })]),
)

const FAULTS: Readonly<Record<string, Fault>> = {
  ...failures,
  // Two see the truth fail in different ways, the third lies.
  onelie: (server, type, name) =>
    server === 2 ? lie(server, type, name) : { kind: 'failed', failure: 'servfail' },
  tie: (server, type, name) => {
    if (server === 0) return truth(server, type, name)
    return server === 1 ? lie(server, type, name) : { kind: 'failed', failure: 'timeout' }
  },
  // Two of three lie, but one still sees it lead here.
  witness: (server, type, name) => (server === 0 ? truth : lie)(server, type, name),
  // The network swallows every name, ours as well.
  swallowed: () => NXDOMAIN,
  // CNAMEs are answered, what they are needed for is not.
  halfway: (_server, type) => (type === 'CNAME' ? NO_DATA : { kind: 'failed', failure: 'timeout' }),
  // Our own name has lost its addresses, and with them every flattened record.
  ownloss: (_server, type) => (type === 'CNAME' || type === 'TXT' ? NO_DATA : NXDOMAIN),
  // It has lost them, and the flattened record still holds the ones it had.
  ownstale: (server, type, name) => {
    if (type === 'CNAME' || name.endsWith('.edge.example.net')) return NO_DATA
    return truth(server, type, name)
  },
}

const STATUSES: readonly DomainStatus[] = ['verified', 'active', 'degraded', 'suspended']

function server(index: number): DnsServer {
  return {
    name: `192.0.2.${index + 1}:53`,
    async lookup(name, type) {
      const fault = Object.entries(FAULTS).find(([word]) => name.includes(`-${word}-`))
      if (fault === undefined) throw new Error(`unexpected question ${type} ${name}`)
      return fault[1](index, type, name)
    },
  }
}

t.test('eight days of every fault of resolvers change no status', async (t) => {
  await using world = startWorld({
    servers: [0, 1, 2].map(server),
    settings: { healthIntervalMs: 30 * 60_000 },
    claimPauseMs: 60_000,
  })
  const { core, clock } = world
  const expected = new Map<string, DomainStatus>()
  const add = (fault: string, status: DomainStatus, change: object): void => {
    const hostname = `for-${fault}-${status.replace('_', '-')}.acme.com`
    expected.set(
      core.givenDomain({
        hostname,
        status,
        cnameTarget: `t.${hostname}.edge.example.net`,
        statusSince: START - DAY_MS,
        fastUntil: 0,
        dueAt: START + 2_000,
        ...change,
      }),
      status,
    )
  }
  for (const fault of Object.keys(FAULTS)) {
    add(fault, 'pending_verification', {})
    for (const status of STATUSES) {
      // A split vote is no fault for who waits for routing: it may be seen meanwhile.
      const graceEndsAt = status === 'degraded' ? START + 3 * DAY_MS : undefined
      const lossSeenAt = status === 'degraded' ? START - 4 * DAY_MS : undefined
      add(fault, status, { graceEndsAt, lossSeenAt })
    }
  }

  await clock.advance(8 * DAY_MS)

  const changed = core.checks.filter(
    ({ domainId, transition }) => transition !== undefined && expected.has(domainId),
  )
  t.same(
    changed.map(({ transition }) => transition),
    [],
  )
  const looked = new Set(core.checks.map(({ domainId }) => domainId))
  t.equal(looked.size, expected.size, 'every domain was looked at')
  t.ok(core.checks.length > expected.size * 200, `${core.checks.length} checks`)
  const noted = core.checks.filter(
    ({ domainId, lossSeenAt }) => expected.get(domainId) === 'active' && lossSeenAt !== undefined,
  )
  t.same(noted, [], 'no loss was noted')
})
