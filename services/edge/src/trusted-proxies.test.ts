import t from 'tap'
import { parseProxyNetwork, TrustedProxies, type ProxyNetwork } from './trusted-proxies.ts'

const NETWORKS: readonly (readonly [text: string, network: ProxyNetwork | undefined])[] = [
  ['10.0.0.0/8', { address: '10.0.0.0', prefixBits: 8 }],
  ['192.0.2.1', { address: '192.0.2.1', prefixBits: 32 }],
  ['192.0.2.1/32', { address: '192.0.2.1', prefixBits: 32 }],
  ['192.0.2.1/33', undefined],
  ['0.0.0.0/0', { address: '0.0.0.0', prefixBits: 0 }],
  ['::1', { address: '::1', prefixBits: 128 }],
  ['2001:db8::/129', undefined],
  ['proxy.example.com', undefined],
  ['10.0.0/8', undefined],
  ['10.0.0.0/', undefined],
  ['', undefined],
]
for (const [text, network] of NETWORKS) {
  t.test(`"${text}" is ${network === undefined ? 'no network' : 'a network'}`, async (t) => {
    t.same(parseProxyNetwork(text), network)
  })
}

t.test('addresses inside the networks are trusted, mapped ones too', async (t) => {
  const proxies = new TrustedProxies([
    { address: '10.0.0.0', prefixBits: 8 },
    { address: '2001:db8::', prefixBits: 32 },
  ])
  for (const address of ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3', '2001:db8:ffff::1']) {
    t.equal(proxies.trustOf(address), 'trusted', address)
  }
  for (const address of ['9.255.255.255', '11.0.0.0', '2001:db9::1', '::1']) {
    t.equal(proxies.trustOf(address), 'not_trusted', address)
  }
  for (const text of ['', 'unknown', '10.0.0.1:80']) {
    t.equal(proxies.trustOf(text), 'no_address', text)
  }
})
