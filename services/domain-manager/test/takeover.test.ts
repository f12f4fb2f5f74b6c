import t from 'tap'
import type { DnsAnswer } from '../src/rules/dns-answer.ts'
import { FakeResolver } from '../src/dns/fake-resolver.ts'
import { START, startWorld, type World } from './world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const HOSTNAME = 'links.acme.com'
const TXT_NAME = `_fingerpost-verify.${HOSTNAME}`
const OLD = { target: 'k1.edge.example.net', token: 'fp-of-the-holder' }
const NEW = { target: 'k2.edge.example.net', token: 'fp-of-the-claim' }
const NXDOMAIN: DnsAnswer = { kind: 'nxdomain' }
const NO_DATA: DnsAnswer = { kind: 'no_data' }

const threeServers = (): readonly FakeResolver[] =>
  ['192.0.2.1:53', '192.0.2.2:53', '192.0.2.3:53'].map((name) => {
    const server = new FakeResolver(name).answers('CNAME', TXT_NAME, NO_DATA)
    for (const { target } of [OLD, NEW]) {
      server.answers('CNAME', target, NO_DATA).answers('AAAA', target, NO_DATA)
      server.answers('A', target, { kind: 'found', values: ['192.0.2.80'] })
    }
    return server
  })

function publishTxt(servers: readonly FakeResolver[], ...values: string[]): void {
  const answer: DnsAnswer = values.length > 0 ? { kind: 'found', values } : NXDOMAIN
  for (const server of servers) server.answers('TXT', TXT_NAME, answer)
}

function publishCname(servers: readonly FakeResolver[], target: string | undefined): void {
  const answer: DnsAnswer = target === undefined ? NXDOMAIN : { kind: 'found', values: [target] }
  for (const server of servers) {
    server.answers('CNAME', HOSTNAME, answer)
    server.answers('A', HOSTNAME, NXDOMAIN).answers('AAAA', HOSTNAME, NXDOMAIN)
  }
}

/** A hostname that one workspace holds and another one claims. */
function givenRivals({ core }: World): { readonly holder: string; readonly claim: string } {
  const common = { hostname: HOSTNAME, fastUntil: START + DAY_MS }
  const holder = core.givenDomain({
    ...common,
    workspaceId: 'ws_1',
    status: 'active',
    cnameTarget: OLD.target,
    verificationToken: OLD.token,
  })
  const claim = core.givenDomain({
    ...common,
    workspaceId: 'ws_2',
    cnameTarget: NEW.target,
    verificationToken: NEW.token,
  })
  return { holder, claim }
}

const takeovers = ({ core }: World) =>
  core.checks.flatMap(({ transition, checkedAt }) =>
    transition?.takesOverFrom === undefined ? [] : [{ ...transition, at: checkedAt - START }],
  )

t.test('a hostname stays where it is while the holder’s TXT record is there', async (t) => {
  const servers = threeServers()
  publishTxt(servers, OLD.token, NEW.token)
  publishCname(servers, OLD.target)
  await using world = startWorld({ servers })
  const { claim } = givenRivals(world)
  await world.clock.advance(HOUR_MS)
  t.same(takeovers(world), [])
  const last = world.core.checks.findLast(({ domainId }) => domainId === claim)
  t.match(last?.reason, { code: 'hostname_in_use', message: /Remove the other value/ })
})

t.test('it moves when the holder’s TXT record is gone in two looks, and back again', async (t) => {
  const servers = threeServers()
  publishTxt(servers, OLD.token, NEW.token)
  publishCname(servers, NEW.target)
  await using world = startWorld({ servers })
  const { holder } = givenRivals(world)
  await world.clock.advance(MINUTE_MS)
  publishTxt(servers, NEW.token)
  await world.clock.advance(5 * MINUTE_MS)
  const [moved, ...more] = takeovers(world)
  t.match(moved, { to: 'verified', takesOverFrom: holder })
  t.same(more, [])
  const waited = (moved?.at ?? 0) - MINUTE_MS
  t.ok(waited >= MINUTE_MS && waited <= MINUTE_MS + 10_000, `after ${waited} ms`)
  const states = await world.core.claimDueDomains({ workerId: 'w', limit: 100, leaseMs: 1_000 })
  t.notOk(states.some(({ id, status }) => id === holder && status === 'active'))

  publishTxt(servers, OLD.token)
  publishCname(servers, OLD.target)
  await world.clock.advance(HOUR_MS)
  t.equal(takeovers(world).length, 2, 'the former holder proves it, the new one does not')
})

t.test('name servers that fail, and a record that is back, move nothing', async (t) => {
  const servers = threeServers()
  publishTxt(servers, NEW.token)
  publishCname(servers, OLD.target)
  await using world = startWorld({ servers })
  givenRivals(world)
  await world.clock.advance(10_000)
  for (const server of servers) server.answersEverything({ kind: 'failed', failure: 'servfail' })
  await world.clock.advance(HOUR_MS)
  t.same(takeovers(world), [], 'nothing can be told')
  for (const server of servers) server.answersEverything(undefined)
  servers[2]?.answers('TXT', TXT_NAME, { kind: 'found', values: [OLD.token, NEW.token] })
  await world.clock.advance(HOUR_MS)
  t.same(takeovers(world), [], 'one server has both still')
  publishTxt(servers, OLD.token, NEW.token)
  await world.clock.advance(HOUR_MS)
  t.same(takeovers(world), [], 'it is there again')
})

t.test('a deleted domain is looked at until its DNS leads elsewhere', async (t) => {
  const servers = threeServers()
  publishTxt(servers, OLD.token)
  publishCname(servers, OLD.target)
  await using world = startWorld({ servers, claimPauseMs: MINUTE_MS })
  const { holder, claim } = givenRivals(world)
  world.core.deleteDomain(claim)
  await world.clock.advance(HOUR_MS)
  world.core.deleteDomain(holder)
  const looks = () => world.core.checks.filter(({ domainId }) => domainId === holder).length
  const before = looks()
  await world.clock.advance(12 * HOUR_MS)
  const whileHere = looks() - before
  t.ok(whileHere >= 10 && whileHere <= 14, `${whileHere} looks in 12 hours`)
  publishCname(servers, undefined)
  await world.clock.advance(3 * HOUR_MS)
  const atEnd = looks()
  await world.clock.advance(2 * DAY_MS)
  t.equal(looks(), atEnd, 'and not any more')
  t.equal(world.core.checks.at(-1)?.transition, undefined)
})
