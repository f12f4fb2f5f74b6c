import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { NEVER_LOOKED_AT } from '@fingerpost/model/domain-check'
import { parseHostname } from '@fingerpost/model/hostname'
import type { Answer } from 'dns-packet'
import t from 'tap'
import { Authorities } from '../src/dns/authorities.ts'
import { dnsResolver } from '../src/dns/dns-client.ts'
import { observeDomain } from '../src/work/observe-domain.ts'
import { startDnsServer, type DnsScript, type DnsTestServer } from './dns-server.ts'

const PATIENCE = { tryMs: 150, tries: 2, lookupMsMax: 1_000 }
const TOKEN = 'fp-4zq7c2m3'
const TARGET = 'k3.edge.example.net'
const TXT_NAME = '_fingerpost-verify.links.acme.com'
const parsed = parseHostname('links.acme.com', undefined)
if (!parsed.ok) throw new Error(parsed.message)
const HOSTNAME = parsed.hostname

const txt = (data: string): Answer => ({ type: 'TXT', name: TXT_NAME, data, ttl: 60 })
const cname = (name: string, data: string): Answer => ({ type: 'CNAME', name, data, ttl: 60 })
const soa: Answer = {
  type: 'SOA',
  name: 'acme.com',
  ttl: 900,
  data: { mname: 'ns1.acme.net', rname: 'admin.acme.com', minimum: 300 },
}
const NOTHING: DnsScript = { rcode: 'NXDOMAIN', authorities: [soa], isAuthoritative: true }

type Servers = {
  readonly resolvers: readonly DnsTestServer[]
  readonly zone: readonly DnsTestServer[]
}

/** Three resolvers, and two servers of the zone at the first one's port, all with the right records. */
async function startServers(stack: AsyncDisposableStack): Promise<Servers> {
  const first = stack.use(await startDnsServer())
  const { port } = first.address
  const resolvers = [first, stack.use(await startDnsServer()), stack.use(await startDnsServer())]
  const zone = [
    stack.use(await startDnsServer({ host: '127.0.0.2', port })),
    stack.use(await startDnsServer({ host: '127.0.0.3', port })),
  ]
  for (const server of resolvers) {
    const servers = [1, 2].map((n): Answer => ({
      type: 'NS',
      name: 'acme.com',
      data: `ns${n}.acme.net`,
      ttl: 600,
    }))
    server.script('NS acme.com', { rcode: 'NOERROR', answers: servers })
    for (const n of [1, 2]) {
      const name = `ns${n}.acme.net`
      const answers: readonly Answer[] = [{ type: 'A', name, data: `127.0.0.${n + 1}`, ttl: 600 }]
      server.script(`A ${name}`, { rcode: 'NOERROR', answers })
    }
    const answers: readonly Answer[] = [{ type: 'A', name: TARGET, data: '192.0.2.80', ttl: 60 }]
    server.script(`A ${TARGET}`, { rcode: 'NOERROR', answers })
    server.script(`AAAA ${TARGET}`, { rcode: 'NOERROR' })
  }
  publish([...resolvers, ...zone])
  return { resolvers, zone }
}

function publish(servers: readonly DnsTestServer[]): void {
  for (const server of servers) {
    const right = { rcode: 'NOERROR', isAuthoritative: true } as const
    server.script(`TXT ${TXT_NAME}`, { ...right, answers: [txt(TOKEN)] })
    server.script(`CNAME ${HOSTNAME}`, { ...right, answers: [cname(HOSTNAME, TARGET)] })
  }
}

/** Does the same with both records, and with whatever is asked at the hostname. */
function both(servers: readonly DnsTestServer[], does: DnsScript): void {
  const types = ['CNAME', 'A', 'AAAA']
  for (const server of servers) {
    server.script(`TXT ${TXT_NAME}`, does)
    for (const type of types) server.script(`${type} ${HOSTNAME}`, does)
  }
}

function observe({ resolvers }: Servers, stored: { readonly hasNoZone?: boolean } = {}) {
  const servers = resolvers.map(({ address }) =>
    dnsResolver(address, { patience: PATIENCE, clock: SYSTEM_CLOCK }),
  )
  const authorities = new Authorities({
    resolvers: servers,
    port: resolvers[0]?.address.port ?? 0,
    patience: PATIENCE,
    clock: SYSTEM_CLOCK,
    mayAsk: () => stored.hasNoZone !== true,
    random: Math.random,
  })
  const domain = {
    hostname: HOSTNAME,
    cnameTarget: TARGET,
    verificationToken: TOKEN,
    lossSeenAt: undefined,
    observations: { routing: NEVER_LOOKED_AT },
  }
  const [mistakesServer] = servers
  return observeDomain(domain, new AbortController().signal, {
    servers,
    findZone: (hostname) => authorities.find(hostname),
    ...(mistakesServer && { mistakesServer }),
    wantsAddresses: () => true,
    txtPrefix: '_fingerpost-verify',
    publicTarget: 'edge.example.net',
    now: () => SYSTEM_CLOCK.now(),
    countLookup: () => {},
  })
}

type Case = {
  readonly name: string
  readonly change: (servers: Servers) => void
  readonly hasNoZone?: boolean
  readonly expected: readonly [ownership: string, routing: string]
}

const long = Array.from({ length: 12 }, (_, index) => `c${index}.acme.com`)

const CASES: readonly Case[] = [
  { name: 'all well', change: () => {}, expected: ['proved', 'points_here'] },
  {
    name: 'NXDOMAIN everywhere',
    change: ({ resolvers, zone }) => both([...resolvers, ...zone], NOTHING),
    expected: ['missing', 'missing'],
  },
  {
    name: 'no data everywhere',
    change: ({ resolvers, zone }) =>
      both([...resolvers, ...zone], {
        rcode: 'NOERROR',
        authorities: [soa],
        isAuthoritative: true,
      }),
    expected: ['missing', 'missing'],
  },
  ...(['SERVFAIL', 'REFUSED', 'FORMERR', 'NOTIMP'] as const).map((rcode): Case => ({
    name: `${rcode} everywhere, as for a bogus signature`,
    change: ({ resolvers, zone }) => both([...resolvers, ...zone], { rcode }),
    expected: ['unknown', 'unknown'],
  })),
  ...(['silence', 'garbage'] as const).map((does): Case => ({
    name: `${does} everywhere`,
    change: ({ resolvers, zone }) => both([...resolvers, ...zone], does),
    expected: ['unknown', 'unknown'],
  })),
  {
    name: 'truncated answers',
    change: ({ resolvers, zone }) => {
      for (const server of [...resolvers, ...zone]) {
        server.script(`TXT ${TXT_NAME}`, { truncated: [txt(TOKEN), txt('x'.repeat(200))] })
      }
    },
    hasNoZone: true,
    expected: ['proved', 'points_here'],
  },
  {
    name: 'one lying resolver of three, no zone',
    change: ({ resolvers }) => both(resolvers.slice(1), NOTHING),
    hasNoZone: true,
    expected: ['missing', 'unknown'],
  },
  {
    name: 'split answers, no zone',
    change: ({ resolvers: [one, two] }) => {
      both(one ? [one] : [], NOTHING)
      both(two ? [two] : [], { rcode: 'SERVFAIL' })
    },
    hasNoZone: true,
    expected: ['unknown', 'unknown'],
  },
  {
    name: 'resolvers that still hold nothing',
    change: ({ resolvers }) => both(resolvers, NOTHING),
    expected: ['proved', 'points_here'],
  },
  {
    name: 'a zone that disagrees with itself',
    change: ({ resolvers, zone }) => both([...resolvers, ...zone.slice(1)], NOTHING),
    expected: ['unknown', 'unknown'],
  },
  {
    name: "a zone whose servers don't answer",
    change: ({ zone }) => both(zone, 'silence'),
    expected: ['proved', 'points_here'],
  },
  {
    name: 'a flattened CNAME',
    change: ({ resolvers, zone }) => {
      const right = { rcode: 'NOERROR', isAuthoritative: true } as const
      for (const server of [...resolvers, ...zone]) {
        server.script(`CNAME ${HOSTNAME}`, { ...right, authorities: [soa] })
        server.script(`AAAA ${HOSTNAME}`, { ...right, authorities: [soa] })
        const answers: readonly Answer[] = [{ type: 'A', name: HOSTNAME, data: '192.0.2.80' }]
        server.script(`A ${HOSTNAME}`, { ...right, answers })
      }
    },
    expected: ['proved', 'points_here'],
  },
  {
    name: 'a CNAME in a circle',
    change: ({ resolvers, zone }) => {
      for (const server of [...resolvers, ...zone]) {
        const answers = [cname(HOSTNAME, HOSTNAME)]
        server.script(`CNAME ${HOSTNAME}`, { rcode: 'NOERROR', isAuthoritative: true, answers })
      }
    },
    expected: ['proved', 'points_elsewhere'],
  },
  {
    name: 'a chain of twelve',
    change: ({ resolvers, zone }) => {
      const names = [HOSTNAME, ...long, TARGET]
      for (const server of [...resolvers, ...zone]) {
        for (const [index, name] of names.slice(0, -1).entries()) {
          const answers = [cname(name, names[index + 1] ?? '')]
          server.script(`CNAME ${name}`, { rcode: 'NOERROR', isAuthoritative: true, answers })
        }
      }
    },
    expected: ['proved', 'unknown'],
  },
]

for (const { name, change, hasNoZone, expected } of CASES) {
  t.test(`packet by packet: ${name}`, async (t) => {
    await using stack = new AsyncDisposableStack()
    const servers = await startServers(stack)
    change(servers)
    const seen = await observe(servers, { hasNoZone: hasNoZone === true })
    t.same([seen.ownership.kind, seen.routing.kind], expected)
  })
}

t.test('what was answered is kept, the word of the zone first', async (t) => {
  await using stack = new AsyncDisposableStack()
  const servers = await startServers(stack)
  both(servers.resolvers, NOTHING)
  const { ownership, routing, evidence } = await observe(servers)
  t.match(evidence[0], {
    role: 'authority',
    question: /^(?:TXT _fingerpost-verify|CNAME links)/,
    outcome: 'NOERROR',
    ttlS: 60,
  })
  t.ok(
    evidence.some(
      ({ role, outcome, ttlS }) => role === 'resolver' && outcome === 'NXDOMAIN' && ttlS === 300,
    ),
  )
  const until = (ownership.propagation?.until ?? 0) - Date.now()
  t.ok(until > 290_000 && until <= 300_000, `${until} ms`)
  t.equal(ownership.propagation?.servers.length, 3)
  t.equal(routing.propagation?.servers.length, 3)
})

t.test('addresses are given for a probe, and mistakes are found', async (t) => {
  await using stack = new AsyncDisposableStack()
  const servers = await startServers(stack)
  servers.resolvers[0]?.script(`A ${HOSTNAME}`, {
    rcode: 'NOERROR',
    answers: [cname(HOSTNAME, TARGET), { type: 'A', name: TARGET, data: '192.0.2.80' }],
  })
  t.same((await observe(servers)).addresses, ['192.0.2.80'])

  both([...servers.resolvers, ...servers.zone], NOTHING)
  const answers: readonly Answer[] = [{ type: 'TXT', name: HOSTNAME, data: TOKEN }]
  servers.resolvers[0]?.script(`TXT ${HOSTNAME}`, { rcode: 'NOERROR', answers })
  const doubled = `${HOSTNAME}.acme.com`
  servers.resolvers[0]?.script(`CNAME ${doubled}`, {
    rcode: 'NOERROR',
    answers: [cname(doubled, TARGET)],
  })
  const { ownership, routing } = await observe(servers)
  t.match(ownership.hint, /The TXT record stands at "links\.acme\.com"\. Move it to/)
  t.match(routing.hint, /The CNAME record stands at "links\.acme\.com\.acme\.com"/)
})
