import t from 'tap'
import { formatAddress } from '@fingerpost/chassis/environment'
import { defaultDnsServers } from './system-servers.ts'

const named = (...system: string[]) => defaultDnsServers(system).map(formatAddress)

t.test("the system's resolvers are asked, and two public ones", async (t) => {
  t.same(named('127.0.0.53'), ['127.0.0.53:53', '1.1.1.1:53', '8.8.8.8:53'])
  t.same(named(), ['1.1.1.1:53', '8.8.8.8:53'])
})

t.test('ports and IPv6 are read as Node writes them', async (t) => {
  t.same(named('127.0.0.1:5353', '[2001:db8::1]:5353').slice(0, 2), [
    '127.0.0.1:5353',
    '[2001:db8::1]:5353',
  ])
  t.equal(named('2001:db8::1')[0], '[2001:db8::1]:53')
})

t.test('no server is asked twice, and no more than five are', async (t) => {
  t.same(named('1.1.1.1'), ['1.1.1.1:53', '8.8.8.8:53'])
  t.equal(named('192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4').length, 5)
})

t.test('what is no address is left out', async (t) => {
  t.same(named('resolver.example', 'fe80::1%eth0').length, 2)
})
