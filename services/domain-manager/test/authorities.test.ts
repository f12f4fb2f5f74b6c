import { parseHostname, type Hostname } from '@fingerpost/model/hostname'
import { FakeClock } from '@fingerpost/chassis/fake-clock'
import type { Answer } from 'dns-packet'
import t from 'tap'
import { Authorities, SILENT_SERVER_REST_MS } from '../src/dns/authorities.ts'
import { dnsResolver } from '../src/dns/dns-client.ts'
import { ZONE_FAILURE_KEPT_MS } from '../src/rules/zone-walk.ts'
import { startDnsServer, type DnsTestServer } from './dns-server.ts'

const PATIENCE = { tryMs: 200, tries: 2, lookupMsMax: 2_000 }
const never = new AbortController().signal

const hostname = (text: string): Hostname => {
  const parsed = parseHostname(text, undefined)
  if (!parsed.ok) throw new Error(parsed.message)
  return parsed.hostname
}
const HOSTNAME = hostname('links.acme.com')

const ns = (...servers: string[]): { rcode: 'NOERROR'; answers: readonly Answer[] } => ({
  rcode: 'NOERROR',
  answers: servers.map((data) => ({ type: 'NS', name: 'acme.com', data, ttl: 600 })),
})
const a = (name: string, ...addresses: string[]) => ({
  rcode: 'NOERROR' as const,
  answers: addresses.map((data) => ({ type: 'A' as const, name, data, ttl: 600 })),
})

/** One server that is resolver and, at the same port of two addresses, the zone's own. */
async function startZone(stack: AsyncDisposableStack) {
  const resolver = stack.use(await startDnsServer())
  const zone = stack.use(await startDnsServer({ host: '127.0.0.2', port: resolver.address.port }))
  resolver.script('NS acme.com', ns('ns1.acme.net'))
  resolver.script('A ns1.acme.net', a('ns1.acme.net', '127.0.0.2'))
  return { resolver, zone }
}

function authoritiesOf(
  servers: readonly DnsTestServer[],
  options: { readonly mayAsk?: (ip: string) => boolean; readonly clock?: FakeClock } = {},
) {
  const { mayAsk = () => true, clock = new FakeClock(1_000_000) } = options
  const resolvers = servers.map(({ address }) =>
    dnsResolver(address, { patience: PATIENCE, clock }),
  )
  const port = servers[0]?.address.port ?? 0
  const deps = { resolvers, port, patience: PATIENCE, clock, mayAsk, random: () => 0.5 }
  return new Authorities(deps)
}

t.test("a zone's own servers are found by walking up, and asked without recursion", async (t) => {
  await using stack = new AsyncDisposableStack()
  const { resolver, zone } = await startZone(stack)
  zone.script('CNAME links.acme.com', {
    rcode: 'NOERROR',
    isAuthoritative: true,
    answers: [{ type: 'CNAME', name: 'links.acme.com', data: 'k3.edge.example.net' }],
  })
  const found = await authoritiesOf([resolver]).find(HOSTNAME)
  t.equal(found?.name, 'acme.com')
  const [server] = found?.servers ?? []
  t.equal(server?.name, `127.0.0.2:${resolver.address.port}`)
  t.match(await server?.lookup('links.acme.com', 'CNAME', never), { kind: 'found' })
  t.same(
    resolver.asked.filter((question) => question.includes(' NS ')),
    ['udp NS links.acme.com', 'udp NS acme.com'],
  )
})

t.test('what a server says without authority is no statement', async (t) => {
  await using stack = new AsyncDisposableStack()
  const { resolver } = await startZone(stack)
  const [server] = (await authoritiesOf([resolver]).find(HOSTNAME))?.servers ?? []
  t.match(await server?.lookup('links.acme.com', 'TXT', never), { kind: 'failed', failure: 'lame' })
})

t.test('servers are remembered, also that none could be found', async (t) => {
  await using stack = new AsyncDisposableStack()
  const { resolver } = await startZone(stack)
  const clock = new FakeClock(1_000_000)
  const authorities = authoritiesOf([resolver], { clock })
  await Promise.all([authorities.find(HOSTNAME), authorities.find(HOSTNAME)])
  const asked = resolver.asked.length
  await authorities.find(HOSTNAME)
  t.equal(resolver.asked.length, asked)
  await clock.advance(600_000)
  t.ok(await authorities.find(HOSTNAME))
  t.ok(resolver.asked.length > asked)

  const unknown = hostname('links.other.com')
  t.equal(await authorities.find(unknown), undefined)
  const before = resolver.asked.length
  resolver.scriptAll({ rcode: 'NOTIMP' })
  t.equal(await authorities.find(unknown), undefined)
  t.equal(resolver.asked.length, before)
  await clock.advance(ZONE_FAILURE_KEPT_MS)
  t.equal(await authorities.find(unknown), undefined)
  t.equal(resolver.asked.length, before + 1, 'NOTIMP ends the walk')
})

t.test('one lying resolver among three cannot name the servers', async (t) => {
  await using stack = new AsyncDisposableStack()
  const { resolver } = await startZone(stack)
  const others = [stack.use(await startDnsServer()), stack.use(await startDnsServer())]
  t.equal(await authoritiesOf([resolver, ...others]).find(HOSTNAME), undefined)
  others[0]?.script('NS acme.com', ns('ns1.acme.net', 'ns.evil.example'))
  others[0]?.script('A ns1.acme.net', a('ns1.acme.net', '127.0.0.2', '127.0.0.66'))
  const found = await authoritiesOf([resolver, ...others]).find(HOSTNAME)
  t.same(
    found?.servers.map(({ name }) => name),
    [`127.0.0.2:${resolver.address.port}`],
  )
})

t.test('an address that must not be asked never is', async (t) => {
  await using stack = new AsyncDisposableStack()
  const { resolver, zone } = await startZone(stack)
  t.equal(await authoritiesOf([resolver], { mayAsk: () => false }).find(HOSTNAME), undefined)
  t.same(zone.asked, [])
})

t.test('a server that is silent is left alone for a while', async (t) => {
  await using stack = new AsyncDisposableStack()
  const { resolver, zone } = await startZone(stack)
  zone.scriptAll('silence')
  const clock = new FakeClock(1_000_000)
  const authorities = authoritiesOf([resolver], { clock })
  const [server] = (await authorities.find(HOSTNAME))?.servers ?? []
  t.match(await server?.lookup('links.acme.com', 'A', never), { failure: 'timeout' })
  t.equal(await authorities.find(HOSTNAME), undefined)
  await clock.advance(SILENT_SERVER_REST_MS)
  t.ok(await authorities.find(HOSTNAME))
})

t.test('a family of addresses that could not be told is asked for again soon', async (t) => {
  await using stack = new AsyncDisposableStack()
  const { resolver } = await startZone(stack)
  resolver.script('A ns1.acme.net', { rcode: 'SERVFAIL' })
  resolver.script('AAAA ns1.acme.net', {
    rcode: 'NOERROR',
    answers: [{ type: 'AAAA', name: 'ns1.acme.net', data: '2001:db8::53', ttl: 600 }],
  })
  const clock = new FakeClock(1_000_000)
  const authorities = authoritiesOf([resolver], { clock })
  const names = async () => (await authorities.find(HOSTNAME))?.servers.map(({ name }) => name)
  const { port } = resolver.address
  t.same(await names(), [`[2001:db8::53]:${port}`])
  resolver.script('A ns1.acme.net', a('ns1.acme.net', '127.0.0.2'))
  await clock.advance(ZONE_FAILURE_KEPT_MS)
  t.same(await names(), [`127.0.0.2:${port}`])
})
