import t from 'tap'
import type { FakeCore } from '@fingerpost/contract/core-fake'
import type { DomainStatus } from '@fingerpost/model/domain-status'
import { FakeResolver } from '../src/dns/fake-resolver.ts'
import { START, startWorld, type World } from './world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const HOSTNAME = 'links.acme.com'
const TARGET = 'k3.edge.example.net'
const TOKEN = 'fp-4zq7c2m3'
const TXT_NAME = `_fingerpost-verify.${HOSTNAME}`

const threeServers = (): readonly FakeResolver[] =>
  ['192.0.2.1:53', '192.0.2.2:53', '192.0.2.3:53'].map((name) => withTarget(new FakeResolver(name)))

function withTarget(server: FakeResolver): FakeResolver {
  return server
    .answers('A', TARGET, { kind: 'found', values: ['192.0.2.80'] })
    .answers('AAAA', TARGET, { kind: 'no_data' })
}

function publishTxt(servers: readonly FakeResolver[], ...values: string[]): void {
  for (const server of servers) {
    server.answers('CNAME', TXT_NAME, { kind: 'no_data' })
    const answer = values.length > 0 ? { kind: 'found' as const, values } : NXDOMAIN
    server.answers('TXT', TXT_NAME, answer)
  }
}

const NXDOMAIN = { kind: 'nxdomain' } as const

function publishCname(servers: readonly FakeResolver[], target: string | undefined): void {
  for (const server of servers) {
    const answer = target === undefined ? NXDOMAIN : ({ kind: 'found', values: [target] } as const)
    server.answers('CNAME', HOSTNAME, answer)
  }
}

function addDomain(core: FakeCore, change: Parameters<FakeCore['givenDomain']>[0] | object = {}) {
  return core.givenDomain({
    hostname: HOSTNAME,
    cnameTarget: TARGET,
    verificationToken: TOKEN,
    ...change,
  })
}

/** The transitions so far, each with its time since the start. */
function transitions({ core }: World): readonly (readonly [DomainStatus, number])[] {
  return core.checks.flatMap(({ transition, checkedAt }) =>
    transition === undefined ? [] : [[transition.to, checkedAt - START] as const],
  )
}

t.test('both records seen: verified and active within one look each', async (t) => {
  const servers = threeServers()
  publishTxt(servers)
  publishCname(servers, undefined)
  await using world = startWorld({ servers })
  addDomain(world.core)
  await world.clock.advance(62_000)
  t.same(transitions(world), [])
  t.equal(world.core.checks.length, 13, 'one look every five seconds')
  t.match(world.core.checks.at(-1)?.reason, { code: 'txt_not_found' })

  publishTxt(servers, TOKEN)
  publishCname(servers, TARGET)
  await world.clock.advance(10_000)
  const seen = transitions(world)
  t.same(
    seen.map(([to]) => to),
    ['verified', 'active'],
  )
  t.ok(
    seen.every(([, after]) => after - 62_000 <= 6_000),
    JSON.stringify(seen),
  )
  t.match(world.core.checks.at(-1)?.observations, {
    routing: { state: 'found', found: [TARGET] },
    ownership: { state: 'found', found: [TOKEN] },
  })
})

t.test('with both records there, active follows verified without a pause', async (t) => {
  const servers = threeServers()
  publishTxt(servers, TOKEN)
  publishCname(servers, TARGET)
  await using world = startWorld({ servers, claimPauseMs: MINUTE_MS })
  addDomain(world.core)
  addDomain(world.core, { hostname: 'far.acme.com', dueAt: START + DAY_MS })
  await world.clock.advance(0)
  t.same(transitions(world), [
    ['verified', 0],
    ['active', 0],
  ])
  t.ok(world.core.calls.claimDueDomains <= 4, `${world.core.calls.claimDueDomains} claims`)
})

t.test(
  'a removed CNAME: degraded after two looks, suspended at the end of grace, back at once',
  async (t) => {
    const servers = threeServers()
    publishTxt(servers, TOKEN)
    publishCname(servers, TARGET)
    await using world = startWorld({ servers, claimPauseMs: MINUTE_MS })
    addDomain(world.core, { status: 'active', fastUntil: 0 })
    await world.clock.advance(HOUR_MS)
    t.same(transitions(world), [])

    publishCname(servers, undefined)
    await world.clock.advance(20 * MINUTE_MS)
    const firstMiss = world.core.checks.find(({ lossSeenAt }) => lossSeenAt !== undefined)
    const lossSeenAt = firstMiss?.lossSeenAt ?? 0
    const [degraded] = transitions(world)
    t.same(degraded, ['degraded', lossSeenAt - START + MINUTE_MS])
    t.equal(world.core.checks.at(-1)?.graceEndsAt, lossSeenAt + 7 * DAY_MS)

    await world.clock.advance(7 * DAY_MS)
    const [, suspended] = transitions(world)
    t.equal(suspended?.[0], 'suspended')
    const late = (suspended?.[1] ?? 0) - (lossSeenAt - START + 7 * DAY_MS)
    t.ok(late >= 0 && late <= MINUTE_MS, `${late} ms after the end of grace`)

    await world.clock.advance(30 * DAY_MS)
    t.equal(transitions(world).length, 2, 'it stays suspended')
    publishCname(servers, TARGET)
    await world.clock.advance(17 * MINUTE_MS)
    t.equal(transitions(world).at(-1)?.[0], 'active')
    t.match(world.core.checks.at(-1), { lossSeenAt: undefined, graceEndsAt: undefined })

    const audit = world.lines.filter(({ message }) => message === 'domain status changed')
    t.same(
      audit.map(({ from, to, reason, hostname }) => [from, to, reason, hostname]),
      [
        ['active', 'degraded', 'routing_lost', HOSTNAME],
        ['degraded', 'suspended', 'grace_expired', HOSTNAME],
        ['suspended', 'active', 'routing_ok', HOSTNAME],
      ],
    )
  },
)

t.test('a loss that is gone at the second look leaves no trace', async (t) => {
  const servers = threeServers()
  publishTxt(servers, TOKEN)
  publishCname(servers, undefined)
  await using world = startWorld({ servers })
  addDomain(world.core, { status: 'active', fastUntil: 0 })
  await world.clock.advance(1_000)
  t.type(world.core.checks.at(-1)?.lossSeenAt, 'number')
  publishCname(servers, TARGET)
  await world.clock.advance(2 * MINUTE_MS)
  t.equal(world.core.checks.at(-1)?.lossSeenAt, undefined)
  t.same(transitions(world), [])
})

t.test('the loss of the TXT record alone changes nothing', async (t) => {
  const servers = threeServers()
  publishTxt(servers)
  publishCname(servers, TARGET)
  await using world = startWorld({ servers, claimPauseMs: MINUTE_MS })
  addDomain(world.core, { status: 'active', fastUntil: 0 })
  await world.clock.advance(8 * DAY_MS)
  t.same(transitions(world), [])
  t.match(world.core.checks.at(-1)?.observations.ownership, { state: 'missing' })
})

t.test(
  'a proof that another workspace stands against is tried again, but not in a circle',
  async (t) => {
    const servers = threeServers()
    publishTxt(servers, TOKEN, 'fp-of-the-holder')
    publishCname(servers, TARGET)
    await using world = startWorld({ servers })
    world.core.givenDomain({
      hostname: HOSTNAME,
      status: 'active',
      verificationToken: 'fp-of-the-holder',
      dueAt: START + 90 * DAY_MS,
    })
    addDomain(world.core, { workspaceId: 'ws_2' })
    await world.clock.advance(HOUR_MS)
    const looks = world.core.checks.length
    t.ok(looks > 100 && looks < 150, `${looks} looks in an hour`)
    t.equal(world.core.checks.at(-1)?.reason.code, 'hostname_in_use')
  },
)

t.test('two loops share the work: nothing twice, nothing forgotten', async (t) => {
  const servers = threeServers()
  publishTxt(servers, TOKEN)
  publishCname(servers, TARGET)
  await using world = startWorld({ servers, loops: 2 })
  for (const server of servers) server.answersEverything({ kind: 'failed', failure: 'servfail' })
  for (let index = 0; index < 300; index += 1) {
    world.core.givenDomain({ hostname: `n${index}.acme.com`, status: 'active', fastUntil: 0 })
  }
  await world.clock.advance(2_000)
  t.equal(world.core.checks.length, 300)
  t.equal(new Set(world.core.checks.map(({ domainId }) => domainId)).size, 300)
})

t.test('a check that core did not take is done again when its lease is over', async (t) => {
  const servers = threeServers()
  publishTxt(servers, TOKEN)
  publishCname(servers, TARGET)
  await using world = startWorld({ servers })
  addDomain(world.core)
  world.core.failNext('recordCheck', new Error('gone'))
  await world.clock.advance(1_000)
  t.same(transitions(world), [])
  await world.clock.advance(62_000)
  t.same(
    transitions(world).map(([to]) => to),
    ['verified', 'active'],
  )
})

t.test('an outage of core delays checks and loses none', async (t) => {
  const servers = threeServers()
  publishTxt(servers, TOKEN)
  publishCname(servers, TARGET)
  await using world = startWorld({ servers })
  addDomain(world.core)
  world.core.down()
  await world.clock.advance(HOUR_MS)
  t.equal(world.core.checks.length, 0)
  t.ok(world.core.calls.claimDueDomains < 600, 'with growing pauses')
  world.core.up()
  await world.clock.advance(12_000)
  t.same(
    transitions(world).map(([to]) => to),
    ['verified', 'active'],
  )
  const outages = world.lines.filter(({ what }) => what === 'claiming due domains')
  const said = outages.filter(({ level }) => level !== 'debug').map(({ message }) => message)
  t.same(said, ['failed; trying again until it works', 'works again'])
})

t.test('a stop waits for the checks that run', async (t) => {
  const servers = threeServers()
  publishTxt(servers, TOKEN)
  publishCname(servers, TARGET)
  const world = startWorld({ servers })
  addDomain(world.core)
  const release = world.core.hold('recordCheck')
  await world.clock.advance(1_000)
  let isStopped = false
  const stopped = world.stop().then(() => (isStopped = true))
  await world.clock.advance(10_000)
  t.equal(isStopped, false)
  release()
  await stopped
  t.equal(world.core.checks.length, 1)
})
