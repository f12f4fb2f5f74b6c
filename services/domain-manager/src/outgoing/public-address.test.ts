import t from 'tap'
import { isPublicAddress } from './public-address.ts'

/** The first and last address of a range that is not public, with their public neighbours. */
const RANGES: readonly (readonly [
  before: string | undefined,
  first: string,
  last: string,
  after: string | undefined,
])[] = [
  [undefined, '0.0.0.0', '0.255.255.255', '1.0.0.0'],
  ['9.255.255.255', '10.0.0.0', '10.255.255.255', '11.0.0.0'],
  ['100.63.255.255', '100.64.0.0', '100.127.255.255', '100.128.0.0'],
  ['126.255.255.255', '127.0.0.0', '127.255.255.255', '128.0.0.0'],
  ['169.253.255.255', '169.254.0.0', '169.254.255.255', '169.255.0.0'],
  ['172.15.255.255', '172.16.0.0', '172.31.255.255', '172.32.0.0'],
  ['191.255.255.255', '192.0.0.0', '192.0.0.255', '192.0.1.0'],
  ['192.0.1.255', '192.0.2.0', '192.0.2.255', '192.0.3.0'],
  ['192.88.98.255', '192.88.99.0', '192.88.99.255', '192.88.100.0'],
  ['192.167.255.255', '192.168.0.0', '192.168.255.255', '192.169.0.0'],
  ['198.17.255.255', '198.18.0.0', '198.19.255.255', '198.20.0.0'],
  ['198.51.99.255', '198.51.100.0', '198.51.100.255', '198.51.101.0'],
  ['203.0.112.255', '203.0.113.0', '203.0.113.255', '203.0.114.0'],
  ['223.255.255.255', '224.0.0.0', '239.255.255.255', undefined],
  [undefined, '240.0.0.0', '255.255.255.255', undefined],
  [undefined, '::', '::ffff', undefined],
  [undefined, '::1', '::ffff:0:0:0', undefined],
  [undefined, '1::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2000::'],
  ['2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001::', '2001:1ff:ffff:ffff::1', '2001:200::'],
  ['2001:db7:ffff::1', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db9::'],
  ['3ffe:ffff::1', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', '3fff:1000::'],
  ['3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '4000::', '64:ff9b:1::', undefined],
  [undefined, '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', '100::', undefined],
  [undefined, '100::ffff:ffff:ffff:ffff', '5f00::1', undefined],
  [undefined, 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
  [undefined, 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
  [undefined, 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
  [undefined, 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined],
]

for (const [before, first, last, after] of RANGES) {
  t.test(`from ${first} to ${last} nothing is public, but its neighbours may be`, async (t) => {
    t.equal(isPublicAddress(first), false, first)
    t.equal(isPublicAddress(last), false, last)
    if (before !== undefined) t.equal(isPublicAddress(before), true, before)
    if (after !== undefined) t.equal(isPublicAddress(after), true, after)
  })
}

const PUBLIC = ['1.1.1.1', '8.8.8.8', '192.31.196.1', '2606:4700::1111', '2620:4f:8000::1']
for (const address of PUBLIC) {
  t.test(`${address} is public`, async (t) => t.equal(isPublicAddress(address), true))
}

const EMBEDDED: readonly (readonly [address: string, isPublic: boolean])[] = [
  ['::ffff:8.8.8.8', true],
  ['::ffff:808:808', true],
  ['0:0:0:0:0:ffff:8.8.8.8', true],
  ['::FFFF:127.0.0.1', false],
  ['::ffff:7f00:1', false],
  ['::ffff:a9fe:a9fe', false],
  ['0000:0000:0000:0000:0000:ffff:192.168.0.1', false],
  ['::ffff:9.255.255.255', true],
  ['::ffff:10.0.0.0', false],
  ['::8.8.8.8', false],
  ['::127.0.0.1', false],
  ['::fffe:8.8.8.8', false],
  ['::ffff:0:8.8.8.8', false],
  ['64:ff9b::8.8.8.8', true],
  ['64:ff9b::10.0.0.1', false],
  ['64:ff9b::a9fe:a9fe', false],
  ['64:ff9b:1::8.8.8.8', false],
  ['64:ff9b:0:1::8.8.8.8', false],
  ['2002:808:808::1', true],
  ['2002:7f00:1::', false],
  ['2002:a00:1::1', false],
  ['2002:c0a8:1::8.8.8.8', false],
  ['2002::', false],
  ['2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', false],
]
for (const [address, isPublic] of EMBEDDED) {
  t.test(`${address} is ${isPublic ? '' : 'not '}public for what it carries`, async (t) => {
    t.equal(isPublicAddress(address), isPublic)
  })
}

const NO_ADDRESSES = ['', 'localhost', '8.8.8', '08.8.8.8', '0x8.8.8.8', '134744072', '8.8.8.8 ']
for (const text of [...NO_ADDRESSES, '8.8.8.8:80', '[2606:4700::1]', '2606:4700::1%lo', ':::']) {
  t.test(`${JSON.stringify(text)} is not a public address`, async (t) => {
    t.equal(isPublicAddress(text), false)
  })
}
