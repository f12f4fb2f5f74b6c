import t from 'tap'
import { formatAddress } from '@fingerpost/chassis/environment'
import { dnsAddresses } from '../src/dns/system-servers.ts'
import { startDnsServer } from './dns-server.ts'

const TTL = { ttl: 60, class: 'IN' } as const

t.test('both families are tried in turn, and one of them is enough', async (t) => {
  await using server = await startDnsServer()
  const options = { servers: [formatAddress(server.address)], msMax: 5_000 }
  const a = ['192.0.2.1', '192.0.2.2'].map((data) => ({
    type: 'A' as const,
    name: 'hook.test',
    data,
    ...TTL,
  }))
  const aaaa = { type: 'AAAA', name: 'hook.test', data: '2001:db8::1', ...TTL } as const
  server.script('A hook.test', { rcode: 'NOERROR', answers: a })
  server.script('AAAA hook.test', { rcode: 'NOERROR', answers: [aaaa] })
  const both = await dnsAddresses('hook.test', options)
  t.same(both.toSorted(), ['192.0.2.1', '192.0.2.2', '2001:db8::1'])
  t.equal(both[1], '2001:db8::1')
  server.script('AAAA hook.test', { rcode: 'NOERROR', answers: [] })
  t.equal((await dnsAddresses('hook.test', options)).length, 2)
  server.script('A hook.test', { rcode: 'SERVFAIL' })
  server.script('AAAA hook.test', { rcode: 'NOERROR', answers: [aaaa] })
  t.same(await dnsAddresses('hook.test', options), ['2001:db8::1'])
  await t.rejects(dnsAddresses('none.test', options), { code: 'ENOTFOUND' })
})

t.test('names whose servers are silent end in time, and delay no other name', async (t) => {
  await using server = await startDnsServer()
  const servers = [formatAddress(server.address)]
  server.scriptAll('silence')
  const silent = Array.from({ length: 64 }, (_, n) =>
    dnsAddresses(`n${n}.test`, { servers, msMax: 1_000 }).then(
      () => 'found',
      () => 'failed',
    ),
  )
  await using other = await startDnsServer()
  const answers = [{ type: 'A', name: 'hook.test', data: '192.0.2.1', ...TTL }] as const
  other.script('A hook.test', { rcode: 'NOERROR', answers })
  const options = { servers: [formatAddress(other.address)], msMax: 900 }
  t.same(await dnsAddresses('hook.test', options), ['192.0.2.1'])
  const ends = await Promise.all(silent)
  t.equal(ends.filter((end) => end === 'failed').length, 64)
})
