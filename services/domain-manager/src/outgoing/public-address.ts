import { BlockList, isIPv4, isIPv6 } from 'node:net'

/**
 * Tells whether an address is one that anybody on the internet can have, so
 * that connecting to it on a customer's behalf reaches nothing of our own.
 *
 * An IPv6 address that carries an IPv4 address is judged by that one. Whatever
 * is no plain address, such as one with a zone, is not public.
 *
 * @see RFC 6890 and the IANA registries of special-purpose addresses that it set up
 */
export function isPublicAddress(ip: string): boolean {
  if (isIPv4(ip)) return !SPECIAL.check(ip, 'ipv4')
  if (!isIPv6(ip) || ip.includes('%')) return false
  const groups = groupsOf(ip)
  const start = EMBEDDED_AT.find(({ prefix }) =>
    prefix.every((group, index) => groups[index] === group),
  )?.start
  if (start !== undefined) return !SPECIAL.check(embeddedAt(groups, start), 'ipv4')
  return UNICAST.check(ip, 'ipv6') && !SPECIAL.check(ip, 'ipv6')
}

const UNICAST = new BlockList()
// Why only these: of IPv6 nothing else was ever given out as global unicast. Outside are ::,
// ::1, fc00::/7, fe80::/10, fec0::/10, ff00::/8, 100::/64, 64:ff9b:1::/48 and 5f00::/16.
UNICAST.addSubnet('2000::', 3, 'ipv6')

const SPECIAL = new BlockList()
for (const [network, prefix] of [
  // This network.
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  // Shared address space of carriers (RFC 6598).
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local; cloud providers serve machine credentials there.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  // Protocol assignments (RFC 6890).
  ['192.0.0.0', 24],
  // TEST-NET-1.
  ['192.0.2.0', 24],
  // Relays of 6to4, deprecated (RFC 7526).
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  // Benchmarks (RFC 2544).
  ['198.18.0.0', 15],
  // TEST-NET-2 and TEST-NET-3.
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, and all that is reserved, with the broadcast address.
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  SPECIAL.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  // Protocol assignments, Teredo among them.
  ['2001::', 23],
  // Documentation (RFC 3849 and RFC 9637).
  ['2001:db8::', 32],
  ['3fff::', 20],
] as const) {
  SPECIAL.addSubnet(network, prefix, 'ipv6')
}

/** Prefixes in front of an IPv4 address, and the group of 16 bits that it starts in. */
const EMBEDDED_AT: readonly { readonly prefix: readonly number[]; readonly start: number }[] = [
  // Mapped (RFC 4291).
  { prefix: [0, 0, 0, 0, 0, 0xff_ff], start: 6 },
  // NAT64 (RFC 6052).
  { prefix: [0x64, 0xff_9b, 0, 0, 0, 0], start: 6 },
  // 6to4 (RFC 3056).
  { prefix: [0x20_02], start: 1 },
]

function embeddedAt(groups: readonly number[], start: number): string {
  const octets = [groups[start] ?? 0, groups[start + 1] ?? 0].flatMap((group) => [
    group >> 8,
    group & 0xff,
  ])
  return octets.join('.')
}

/** Gives the eight groups of an address that is known to be a valid IPv6 address. */
function groupsOf(ip: string): readonly number[] {
  const [head = '', tail] = withoutDots(ip).split('::', 2)
  const before = numbersOf(head)
  if (tail === undefined) return before
  const after = numbersOf(tail)
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function numbersOf(part: string): readonly number[] {
  return part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
}

function withoutDots(ip: string): string {
  const at = ip.lastIndexOf(':') + 1
  const dotted = ip.slice(at)
  if (!dotted.includes('.')) return ip
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
  return `${ip.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
