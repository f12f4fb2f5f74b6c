/**
 * Makes a GeoIP file (MMDB, version 2) that knows one country: of all addresses
 * whose first bit is 0. IPv4 addresses are among them whatever they are.
 *
 * @see the MaxMind DB file format specification
 */
export function geoIpFile(country: string): Buffer {
  const data = map([['country', map([['iso_code', text(country)]])]])
  // One node of two records of 24 bits: the data, behind the node and 16 octets, and "not found".
  const tree = Buffer.from([0, 0, 17, 0, 0, 1])
  const metadata = map([
    ['node_count', uint32(1)],
    ['record_size', uint16(24)],
    ['ip_version', uint16(6)],
    ['database_type', text('Test-Country')],
    ['languages', Buffer.from([0x00, 0x04])],
    ['binary_format_major_version', uint16(2)],
    ['binary_format_minor_version', uint16(0)],
    ['build_epoch', uint32(0)],
    ['description', map([])],
  ])
  const marker = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')])
  return Buffer.concat([tree, Buffer.alloc(16), data, marker, metadata])
}

function map(pairs: readonly (readonly [key: string, value: Buffer])[]): Buffer {
  const head = Buffer.from([(7 << 5) | pairs.length])
  return Buffer.concat([head, ...pairs.flatMap(([key, value]) => [text(key), value])])
}

function text(value: string): Buffer {
  const octets = Buffer.from(value)
  const head = octets.length < 29 ? [(2 << 5) | octets.length] : [(2 << 5) | 29, octets.length - 29]
  return Buffer.concat([Buffer.from(head), octets])
}

function uint16(value: number): Buffer {
  return Buffer.from([(5 << 5) | 2, value >> 8, value & 255])
}

function uint32(value: number): Buffer {
  return Buffer.from([(6 << 5) | 4, 0, 0, value >> 8, value & 255])
}
