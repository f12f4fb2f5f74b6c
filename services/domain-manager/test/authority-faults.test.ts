import t from 'tap'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import type { DnsServer } from '../src/dns/resolver.ts'
import type { DnsAnswer, DnsFailure, DnsType } from '../src/rules/dns-answer.ts'
import { START, startWorld } from './world.ts'

const DAY_MS = 86_400_000
const TOKEN = 'fp-4zq7c2m3'
const NO_DATA: DnsAnswer = { kind: 'no_data' }

/** What one server says about a domain; each of the zone's two servers and three resolvers. */
type Says = (type: DnsType, name: string) => DnsAnswer

const found = (value: string): DnsAnswer => ({ kind: 'found', values: [value] })

const isOurs = (name: string): boolean => name.endsWith('.edge.example.net')

const truth: Says = (type, name) => {
  if (type === 'A' && isOurs(name)) return found('192.0.2.80')
  return type === 'CNAME' && name.startsWith('for-') ? found(`t.${name}.edge.example.net`) : NO_DATA
}
const gone: Says = (type, name) => (isOurs(name) ? truth(type, name) : { kind: 'nxdomain' })
const token: Says = (type, name) => (type === 'TXT' ? found(TOKEN) : gone(type, name))
const leaves: Says = (type, name) =>
  type === 'CNAME' ? found('www.other.example') : gone(type, name)
const fails =
  (failure: DnsFailure): Says =>
  () => ({ kind: 'failed', failure })

const ALL: readonly DomainStatus[] = [
  'pending_verification',
  'verified',
  'active',
  'degraded',
  'suspended',
]
const WELL: readonly DomainStatus[] = ['pending_verification', 'active']

type Fault = {
  readonly zone: readonly [Says, Says]
  readonly resolvers: readonly [Says, Says, Says]
  /** The statuses that nothing of this may change. */
  readonly statuses: readonly DomainStatus[]
}

const servfail = fails('servfail')
const timeout = fails('timeout')
const lame = fails('lame')

const FAULTS: Readonly<Record<string, Fault>> = {
  unreached: { zone: [timeout, timeout], resolvers: [truth, truth, truth], statuses: WELL },
  lame: { zone: [lame, lame], resolvers: [truth, truth, gone], statuses: WELL },
  silence: { zone: [timeout, lame], resolvers: [servfail, timeout, gone], statuses: ALL },
  // One of the zone's servers has not got the change, or has lost the zone.
  disagree: { zone: [truth, gone], resolvers: [servfail, gone, gone], statuses: ALL },
  half: { zone: [truth, gone], resolvers: [truth, truth, gone], statuses: WELL },
  // We see another view of the zone than everybody else.
  view: { zone: [gone, gone], resolvers: [truth, truth, gone], statuses: ALL },
  // The zone's word counts over what resolvers have kept.
  kept: { zone: [truth, truth], resolvers: [gone, gone, gone], statuses: WELL },
  // What is behind a CNAME to elsewhere nobody tells.
  behind: { zone: [leaves, leaves], resolvers: [servfail, timeout, gone], statuses: ALL },
  // A single server, of the zone or not, proves nothing.
  alone: {
    zone: [token, timeout],
    resolvers: [gone, gone, servfail],
    statuses: ['pending_verification'],
  },
  onelie: {
    zone: [timeout, timeout],
    resolvers: [token, gone, servfail],
    statuses: ['pending_verification'],
  },
  denied: {
    zone: [gone, gone],
    resolvers: [token, token, token],
    statuses: ['pending_verification'],
  },
  torn: {
    zone: [token, gone],
    resolvers: [token, token, token],
    statuses: ['pending_verification'],
  },
}

function serverOf(name: string, says: (fault: Fault) => Says | undefined): DnsServer {
  return {
    name,
    async lookup(asked, type) {
      const fault = Object.entries(FAULTS).find(([word]) => asked.includes(`-${word}-`))
      const answer = fault === undefined ? undefined : says(fault[1])?.(type, asked)
      if (answer === undefined) throw new Error(`unexpected question ${type} ${asked}`)
      return answer
    },
  }
}

t.test("eight days of faults of the zone's own servers change no status", async (t) => {
  const zoneServers = [0, 1].map((index) =>
    serverOf(`198.51.100.${index}:53`, ({ zone }) => zone[index]),
  )
  await using world = startWorld({
    servers: [0, 1, 2].map((index) =>
      serverOf(`192.0.2.${index}:53`, ({ resolvers }) => resolvers[index]),
    ),
    findZone: async () => ({ name: 'acme.com', servers: zoneServers }),
    settings: { healthIntervalMs: 30 * 60_000 },
    claimPauseMs: 60_000,
  })
  const { core, clock } = world
  const ids = new Map<string, DomainStatus>()
  for (const [fault, { statuses }] of Object.entries(FAULTS)) {
    for (const status of statuses) {
      const hostname = `for-${fault}-${status.replace('_', '-')}.acme.com`
      const isDegraded = status === 'degraded'
      const id = core.givenDomain({
        hostname,
        status,
        verificationToken: TOKEN,
        cnameTarget: `t.${hostname}.edge.example.net`,
        statusSince: START - DAY_MS,
        fastUntil: 0,
        dueAt: START + 2_000,
        graceEndsAt: isDegraded ? START + 3 * DAY_MS : undefined,
        lossSeenAt: isDegraded ? START - 4 * DAY_MS : undefined,
      })
      ids.set(id, status)
    }
  }

  await clock.advance(8 * DAY_MS)

  const changed = core.checks.filter(({ transition }) => transition !== undefined)
  t.same(
    changed.map(({ domainId, transition }) => [ids.get(domainId), transition]),
    [],
  )
  t.equal(new Set(core.checks.map(({ domainId }) => domainId)).size, ids.size)
  t.ok(core.checks.length > ids.size * 200, `${core.checks.length} checks`)
  const noted = core.checks.filter(
    ({ domainId, lossSeenAt }) => ids.get(domainId) === 'active' && lossSeenAt !== undefined,
  )
  t.same(noted, [], 'no loss was noted')
})
