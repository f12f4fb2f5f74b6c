import t from 'tap'
import { isInRange, parseIp, parseIpRange } from './ip-address.ts'

t.test('addresses are told from names', async (t) => {
  for (const [text, family, value] of [
    ['0.0.0.0', 4, 0n],
    ['192.0.2.1', 4, 0xc0_00_02_01n],
    ['255.255.255.255', 4, 0xffff_ffffn],
    ['::', 6, 0n],
    ['::1', 6, 1n],
    ['1::', 6, 1n << 112n],
    ['2001:DB8::10', 6, (0x2001_0db8n << 96n) | 0x10n],
    ['1:2:3:4:5:6:7:8', 6, 0x0001_0002_0003_0004_0005_0006_0007_0008n],
    ['::ffff:192.0.2.1', 6, 0xffff_c000_0201n],
  ] as const) {
    t.same(parseIp(text), { family, value }, text)
  }
  for (const text of [
    '',
    'links.acme.com',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    '1.2.3.x',
    ':',
    '1:2',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '::12345',
    '::g',
    'http://x',
  ]) {
    t.equal(parseIp(text), undefined, text)
  }
})

t.test('a range holds its first and its last address, and none beside', async (t) => {
  const inside = (ip: string, text: string) => {
    const [address, range] = [parseIp(ip), parseIpRange(text)]
    return address !== undefined && range !== undefined && isInRange(address, range)
  }
  for (const [range, first, last, before, after] of [
    ['104.16.0.0/13', '104.16.0.0', '104.23.255.255', '104.15.255.255', '104.24.0.0'],
    ['75.2.60.5/32', '75.2.60.5', '75.2.60.5', '75.2.60.4', '75.2.60.6'],
    ['2a06:98c0::/29', '2a06:98c0::', '2a06:98c7:ffff::', '2a06:98bf::', '2a06:98c8::'],
  ] as const) {
    t.same(
      [first, last, before, after].map((ip) => inside(ip, range)),
      [true, true, false, false],
      range,
    )
  }
  t.equal(inside('::1', '0.0.0.0/0'), false)
  t.equal(inside('1.2.3.4', '0.0.0.0/0'), true)
  for (const text of ['', '1.2.3.4', '1.2.3.4/33', '1.2.3.4/x', 'x/8', '::/129']) {
    t.equal(parseIpRange(text), undefined, text)
  }
})
