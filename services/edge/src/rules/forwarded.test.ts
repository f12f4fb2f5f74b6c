import t from 'tap'
import { clientAddress, plainAddress, type AddressTrust } from './forwarded.ts'

const trustOf = (address: string): AddressTrust =>
  /^(?:10\.|::1$)/.test(address)
    ? 'trusted'
    : /^[0-9a-f]*[.:][0-9a-f.:]*$/.test(address)
      ? 'not_trusted'
      : 'no_address'

const CASES: readonly {
  readonly when: string
  readonly peer: string | undefined
  readonly said?: string
  readonly client: string | undefined
}[] = [
  { when: 'the connection is gone', peer: undefined, said: '192.0.2.1', client: undefined },
  {
    when: 'the peer is no proxy of ours',
    peer: '192.0.2.9',
    said: '192.0.2.1',
    client: '192.0.2.9',
  },
  { when: 'a proxy says nothing', peer: '10.0.0.1', client: '10.0.0.1' },
  { when: 'a proxy says an empty text', peer: '10.0.0.1', said: '', client: '10.0.0.1' },
  { when: 'a proxy names the visitor', peer: '10.0.0.1', said: '192.0.2.1', client: '192.0.2.1' },
  {
    when: 'the visitor claims to come from elsewhere',
    peer: '10.0.0.1',
    said: '198.51.100.1, 192.0.2.1',
    client: '192.0.2.1',
  },
  {
    when: 'two proxies stand in a row',
    peer: '::1',
    said: '198.51.100.1, 192.0.2.1 ,10.0.0.2',
    client: '192.0.2.1',
  },
  { when: 'all are proxies', peer: '10.0.0.1', said: '10.0.0.3,10.0.0.2', client: '10.0.0.3' },
  { when: 'ports are given', peer: '10.0.0.1', said: '192.0.2.1:5312', client: '192.0.2.1' },
  {
    when: 'IPv6 stands in brackets',
    peer: '::1',
    said: '[2001:db8::1]:443',
    client: '2001:db8::1',
  },
  {
    when: 'the peer is mapped',
    peer: '::ffff:10.0.0.1',
    said: '2001:db8::1',
    client: '2001:db8::1',
  },
  { when: 'the visitor is mapped', peer: '::1', said: '::ffff:192.0.2.1', client: '192.0.2.1' },
  { when: 'a proxy names nobody', peer: '10.0.0.1', said: '192.0.2.1, unknown', client: undefined },
  { when: 'a list ends in a comma', peer: '10.0.0.1', said: '192.0.2.1,', client: undefined },
  { when: 'a list begins with a comma', peer: '10.0.0.1', said: ',10.0.0.2', client: '10.0.0.2' },
  {
    when: '15 proxies stand behind the first',
    peer: '10.0.0.1',
    said: `192.0.2.1${',10.0.0.2'.repeat(14)}`,
    client: '192.0.2.1',
  },
  {
    when: '16 proxies stand behind the first',
    peer: '10.0.0.1',
    said: `192.0.2.1${',10.0.0.2'.repeat(15)}`,
    client: undefined,
  },
]
for (const { when, peer, said, client } of CASES) {
  t.test(`the visitor's address when ${when} is ${String(client)}`, async (t) => {
    t.equal(clientAddress(peer, said, trustOf), client)
  })
}

const PLAIN: readonly (readonly [text: string, address: string])[] = [
  [' 192.0.2.1 ', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['[::1]', '::1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['[::ffff:192.0.2.1]:80', '192.0.2.1'],
  ['', ''],
]
for (const [text, address] of PLAIN) {
  t.test(`"${text}" is written as "${address}"`, async (t) => {
    t.equal(plainAddress(text), address)
  })
}
