import t from 'tap'
import { formatAddress } from '@fingerpost/chassis/environment'
import { SYSTEM_CLOCK } from '@fingerpost/chassis/clock'
import { dnsResolver, type DnsPatience } from '../src/dns/dns-client.ts'
import { systemServerAddresses } from '../src/dns/system-servers.ts'
import type { DnsType } from '../src/rules/dns-answer.ts'
import { startDnsServer, type DnsTestServer } from './dns-server.ts'

const PATIENCE = { tryMs: 100, tries: 2, lookupMsMax: 2_000 }
const never = new AbortController().signal

const resolverOf = (server: DnsTestServer, patience: DnsPatience = PATIENCE) =>
  dnsResolver(server.address, { patience, clock: SYSTEM_CLOCK })
const ask = (server: DnsTestServer, type: DnsType, name: string) =>
  resolverOf(server).lookup(name, type, never)

t.test('records are found, and written in one way', async (t) => {
  await using server = await startDnsServer()
  server.script('A a.test', {
    rcode: 'NOERROR',
    answers: [
      { type: 'A', name: 'a.test', data: '192.0.2.1' },
      { type: 'A', name: 'a.test', data: '192.0.2.2' },
    ],
  })
  server.script('AAAA a.test', {
    rcode: 'NOERROR',
    answers: [{ type: 'AAAA', name: 'a.test', data: '2001:db8:0:0::1' }],
  })
  server.script('CNAME a.test', {
    rcode: 'NOERROR',
    answers: [{ type: 'CNAME', name: 'a.test', data: 'K3.Edge.Example.NET' }],
  })
  server.script('TXT a.test', {
    rcode: 'NOERROR',
    answers: [
      { type: 'TXT', name: 'a.test', data: ['one ', 'value'] },
      { type: 'TXT', name: 'a.test', data: ['y'.repeat(255), 'y'.repeat(45)] },
    ],
  })
  t.match(await ask(server, 'A', 'a.test'), { kind: 'found', values: ['192.0.2.1', '192.0.2.2'] })
  t.match(await ask(server, 'AAAA', 'a.test'), { kind: 'found', values: ['2001:db8::1'] })
  t.match(await ask(server, 'CNAME', 'a.test'), { kind: 'found', values: ['k3.edge.example.net'] })
  t.match(await ask(server, 'TXT', 'a.test'), {
    kind: 'found',
    values: ['one value', 'y'.repeat(300)],
  })
})

t.test('no such name and no such record are statements about the name', async (t) => {
  await using server = await startDnsServer()
  server.script('TXT empty.test', { rcode: 'NOERROR' })
  t.match(await ask(server, 'TXT', 'empty.test'), { kind: 'no_data' })
  t.match(await ask(server, 'TXT', 'nothing.test'), { kind: 'nxdomain' })
})

const TYPES: readonly DnsType[] = ['A', 'AAAA', 'CNAME', 'TXT', 'CAA', 'NS', 'SOA']
const FAULTS = [
  [{ rcode: 'SERVFAIL' }, 'servfail'],
  [{ rcode: 'REFUSED' }, 'refused'],
  [{ rcode: 'FORMERR' }, 'malformed'],
  [{ rcode: 'NOTIMP' }, 'malformed'],
  ['garbage', 'malformed'],
  ['silence', 'timeout'],
] as const

for (const [does, failure] of FAULTS) {
  t.test(`${JSON.stringify(does)} says nothing about the name`, async (t) => {
    await using server = await startDnsServer()
    server.scriptAll(does)
    const resolver = resolverOf(server)
    const answers = await Promise.all(TYPES.map((type) => resolver.lookup('a.test', type, never)))
    for (const answer of answers) t.match(answer, { kind: 'failed', failure })
  })
}

t.test('a server that is not there says nothing about the name', async (t) => {
  const server = await startDnsServer()
  await server[Symbol.asyncDispose]()
  t.match(await ask(server, 'TXT', 'a.test'), { kind: 'failed', failure: 'unreachable' })
})

t.test('a truncated answer is fetched over TCP', async (t) => {
  await using server = await startDnsServer()
  const values = Array.from({ length: 20 }, (_, index) => `${index}:${'x'.repeat(100)}`)
  server.script('TXT long.test', {
    truncated: values.map((data) => ({ type: 'TXT', name: 'long.test', data })),
  })
  t.match(await ask(server, 'TXT', 'long.test'), { kind: 'found', values })
  t.same(server.asked, ['udp TXT long.test', 'tcp TXT long.test'])
})

t.test('a CNAME without what it leads to is no statement about addresses', async (t) => {
  await using server = await startDnsServer()
  for (const type of ['A', 'AAAA'] as const) {
    server.script(`${type} a.test`, {
      rcode: 'NOERROR',
      answers: [{ type: 'CNAME', name: 'a.test', data: 'elsewhere.example' }],
    })
    t.match(await ask(server, type, 'a.test'), { kind: 'failed', failure: 'incomplete' })
  }
})

t.test('a text that is no DNS name names nothing', async (t) => {
  await using server = await startDnsServer()
  t.match(await ask(server, 'A', 'a..test'), { kind: 'nxdomain' })
  t.match(await ask(server, 'A', `${'x'.repeat(64)}.test`), { kind: 'nxdomain' })
  t.same(server.asked, [])
})

t.test('a lookup ends with its signal, and before it began', async (t) => {
  await using server = await startDnsServer()
  server.scriptAll('silence')
  const resolver = resolverOf(server, { tryMs: 60_000, tries: 1, lookupMsMax: 60_000 })
  const stop = new AbortController()
  const answer = resolver.lookup('a.test', 'A', stop.signal)
  stop.abort()
  t.same(await answer, { kind: 'failed', failure: 'timeout' })
  t.same(await resolver.lookup('a.test', 'A', stop.signal), { kind: 'failed', failure: 'timeout' })
})

t.test('a lookup ends in time however patient the library is', async (t) => {
  await using server = await startDnsServer()
  server.scriptAll('silence')
  const resolver = resolverOf(server, { tryMs: 60_000, tries: 3, lookupMsMax: 50 })
  const startedAt = performance.now()
  t.same(await resolver.lookup('a.test', 'A', never), { kind: 'failed', failure: 'timeout' })
  t.ok(performance.now() - startedAt < 5_000)
})

t.test('a server is named by its address, and the system has some', async (t) => {
  await using server = await startDnsServer()
  t.equal(resolverOf(server).name, formatAddress(server.address))
  t.ok(Array.isArray(systemServerAddresses()))
})

t.test('CAA comes in presentation form, through a CNAME as well', async (t) => {
  await using server = await startDnsServer()
  const value = 'ca.example.net; validationmethods=http-01'
  server.script('CAA real.test', {
    rcode: 'NOERROR',
    answers: [
      { type: 'CAA', name: 'real.test', data: { flags: 128, tag: 'issue', value } },
      { type: 'CAA', name: 'real.test', data: { flags: 0, tag: 'iodef', value: 'a"b\\c\u0007' } },
    ],
  })
  server.script('CAA alias.test', {
    rcode: 'NOERROR',
    answers: [{ type: 'CNAME', name: 'alias.test', data: 'real.test' }],
  })
  const values = [`128 issue "${value}"`, String.raw`0 iodef "a\"b\\c\007"`]
  t.match(await ask(server, 'CAA', 'real.test'), { kind: 'found', values })
  t.match(await ask(server, 'CAA', 'alias.test'), { kind: 'found', values })
})

t.test('CAA names all CNAME records on the way, in one answer or in several', async (t) => {
  await using server = await startDnsServer()
  const cname = (name: string, data: string) => ({ type: 'CNAME', name, data }) as const
  const caa = { flags: 0, tag: 'issue', value: 'ca.example.net' } as const
  server.script('CAA a.test', { rcode: 'NOERROR', answers: [cname('a.test', 'b.test')] })
  server.script('CAA b.test', {
    rcode: 'NOERROR',
    answers: [cname('b.test', 'c.test'), cname('c.test', 'd.test')],
  })
  server.script('CAA d.test', {
    rcode: 'NOERROR',
    answers: [{ type: 'CAA', name: 'd.test', data: caa }],
  })
  const chain = ['b.test', 'c.test', 'd.test']
  t.match(await ask(server, 'CAA', 'a.test'), { kind: 'found', details: { chain } })
  server.script('CAA d.test', { rcode: 'SERVFAIL' })
  t.match(await ask(server, 'CAA', 'a.test'), { failure: 'servfail', details: { chain } })
})

const soa = (name: string, ttl: number, minimum: number) =>
  ({ type: 'SOA', name, ttl, data: { mname: 'ns.test', rname: 'admin.test', minimum } }) as const

t.test('an answer carries its code, authority, time to live and chain', async (t) => {
  await using server = await startDnsServer()
  server.script('A a.test', {
    rcode: 'NOERROR',
    isAuthoritative: true,
    answers: [
      { type: 'CNAME', name: 'a.test', data: 'B.test', ttl: 300 },
      { type: 'CNAME', name: 'b.test', data: 'c.test', ttl: 60 },
      { type: 'A', name: 'c.test', data: '192.0.2.1', ttl: 90 },
    ],
  })
  const answer = await ask(server, 'A', 'a.test')
  t.match(answer, {
    kind: 'found',
    values: ['192.0.2.1'],
    details: { rcode: 'NOERROR', isAuthoritative: true, ttlS: 60, chain: ['b.test', 'c.test'] },
  })
  t.ok(Math.abs(Date.now() - (answer.details?.at ?? 0)) < 5_000)
  server.script('A refused.test', { rcode: 'NOTIMP' })
  t.match(await ask(server, 'A', 'refused.test'), { details: { rcode: 'NOTIMP' } })
})

t.test('a negative answer may be kept as long as its SOA says', async (t) => {
  await using server = await startDnsServer()
  server.script('A none.test', { rcode: 'NXDOMAIN', authorities: [soa('test', 3_600, 300)] })
  server.script('A nodata.test', { rcode: 'NOERROR', authorities: [soa('test', 60, 300)] })
  t.match(await ask(server, 'A', 'none.test'), { kind: 'nxdomain', details: { ttlS: 300 } })
  t.match(await ask(server, 'A', 'nodata.test'), {
    kind: 'no_data',
    details: { ttlS: 60, soaOwner: 'test' },
  })
  t.equal((await ask(server, 'A', 'unsaid.test')).details?.ttlS, undefined)
})

t.test('what a CNAME leads to is missing only when the zone there says so', async (t) => {
  await using server = await startDnsServer()
  const answers = [{ type: 'CNAME', name: 'a.test', data: 'b.example.net' }] as const
  const kindWith = async (owner: string) => {
    server.script('A a.test', { rcode: 'NOERROR', answers, authorities: [soa(owner, 60, 60)] })
    return (await ask(server, 'A', 'a.test')).kind
  }
  t.equal(await kindWith('example.net'), 'no_data')
  t.equal(await kindWith('challtestsrv.invalid'), 'failed')
})

t.test('a referral is no statement', async (t) => {
  await using server = await startDnsServer()
  const authorities = [{ type: 'NS', name: 'test', data: 'ns.test' }] as const
  server.script('A a.test', { rcode: 'NOERROR', authorities })
  t.match(await ask(server, 'A', 'a.test'), { kind: 'failed', failure: 'incomplete' })
})

t.test('a circle inside an answer, and one behind it, end', async (t) => {
  await using server = await startDnsServer()
  const answers = [
    { type: 'CNAME', name: 'a.test', data: 'b.test' },
    { type: 'CNAME', name: 'b.test', data: 'a.test' },
  ] as const
  server.scriptAll({ rcode: 'NOERROR', answers })
  t.match(await ask(server, 'A', 'a.test'), { kind: 'failed', failure: 'incomplete' })
  t.match(await ask(server, 'CAA', 'a.test'), { kind: 'failed', failure: 'incomplete' })
})

t.test('a server that knows no EDNS is asked without it', async (t) => {
  await using server = await startDnsServer()
  const answers = [{ type: 'A', name: 'a.test', data: '192.0.2.1' }] as const
  server.script('A a.test', { rcode: 'NOERROR', answers, refusesEdns: true })
  t.match(await ask(server, 'A', 'a.test'), { kind: 'found', values: ['192.0.2.1'] })
  t.equal(server.asked.length, 2)
})

t.test('an answer that does not fit the question is not believed', async (t) => {
  await using server = await startDnsServer()
  const answers = [{ type: 'A', name: 'a.test', data: '192.0.2.66' }] as const
  for (const [forged, failure] of [
    ['id', 'timeout'],
    ['question', 'timeout'],
    ['end', 'malformed'],
  ] as const) {
    server.script('A a.test', { forged, answers })
    t.match(await ask(server, 'A', 'a.test'), { kind: 'failed', failure }, forged)
  }
})

t.test('a server that speaks IPv6 is asked over it', async (t) => {
  await using server = await startDnsServer({ host: '::1', port: 0 })
  const answers = [{ type: 'A', name: 'a.test', data: '192.0.2.1' }] as const
  server.script('A a.test', { rcode: 'NOERROR', answers })
  const address = { ...server.address, host: '0:0:0:0:0:0:0:1' }
  const resolver = dnsResolver(address, { patience: PATIENCE, clock: SYSTEM_CLOCK })
  t.match(await resolver.lookup('a.test', 'A', never), { kind: 'found' })
})

t.test('many questions at once are all answered, from ports that change', async (t) => {
  await using server = await startDnsServer()
  const patient = resolverOf(server, { ...PATIENCE, tryMs: 10_000, lookupMsMax: 30_000 })
  const names = Array.from({ length: 5_000 }, (_, index) => `n${index}.test`)
  const answers = await Promise.all(names.map((name) => patient.lookup(name, 'A', never)))
  t.equal(answers.filter(({ kind }) => kind === 'nxdomain').length, names.length)
  t.ok(server.ports.size > 4, `${server.ports.size} ports`)
})
