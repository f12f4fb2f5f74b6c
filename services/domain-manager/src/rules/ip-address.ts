/** An IP address as a number. */
export type IpAddress = { readonly family: 4 | 6; readonly value: bigint }

/** Reads an address as DNS answers write it; undefined: the text is none, but perhaps a name. */
export function parseIp(text: string): IpAddress | undefined {
  const v4 = parseV4(text)
  if (v4 !== undefined) return { family: 4, value: v4 }
  if (!text.includes(':')) return undefined
  const value = parseV6(text)
  return value === undefined ? undefined : { family: 6, value }
}

/** A range of addresses, as `192.0.2.0/24` says. */
export type IpRange = IpAddress & { readonly prefix: number }

/** Reads a range; undefined: the text is none. */
export function parseIpRange(text: string): IpRange | undefined {
  const [network = '', length = ''] = text.split('/')
  const address = parseIp(network)
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : undefined
  if (address === undefined || prefix === undefined) return undefined
  return prefix > bitsOf(address) ? undefined : { ...address, prefix }
}

/** Tells whether an address is in a range. */
export function isInRange(address: IpAddress, range: IpRange): boolean {
  if (address.family !== range.family) return false
  const rest = BigInt(bitsOf(range) - range.prefix)
  return address.value >> rest === range.value >> rest
}

function bitsOf({ family }: IpAddress): number {
  return family === 4 ? 32 : 128
}

function parseV4(text: string): bigint | undefined {
  const octets = text.split('.')
  if (octets.length !== 4) return undefined
  if (!octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) < 256)) return undefined
  return joined(octets.map(Number), 8n)
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::')
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : groupsOf(half)))
  const missing = 8 - head.length - tail.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail]
  return groups.includes(NaN) ? undefined : joined(groups, 16n)
}

// Why two groups of four octets: the end of an IPv6 address may be written as an IPv4 address.
function groupsOf(half: string): readonly number[] {
  return half.split(':').flatMap((group) => {
    const v4 = parseV4(group)
    if (v4 !== undefined) return [Number(v4 >> 16n), Number(v4 & 0xffffn)]
    return /^[0-9a-f]{1,4}$/i.test(group) ? [Number.parseInt(group, 16)] : [NaN]
  })
}

function joined(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((value, part) => (value << bits) | BigInt(part), 0n)
}
