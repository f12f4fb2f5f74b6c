import type { DnsRecord, DnsType } from '../rules/dns-answer.ts'
import { WireReader } from './wire-reader.ts'

/** The name of a question's type in a packet. @see RFC 1035 section 3.2.2, RFC 8659 section 4.1 */
const TYPE_NUMBERS: Readonly<Record<DnsType, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  TXT: 16,
  AAAA: 28,
  CAA: 257,
}
const TYPE_NAMES = new Map<number, DnsType>([
  [1, 'A'],
  [2, 'NS'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [257, 'CAA'],
])
const CLASS_IN = 1
const OPT = 41
const NXDOMAIN = 3

/** The size of UDP answers that is asked for: it fits the path without fragments. */
export const UDP_OCTETS_MAX = 1_232

/**
 * Most records of a response, all sections together. Over TCP thousands fit, each with
 * names that are much longer than what stands for them in the packet.
 */
export const RECORDS_MAX = 256

const HEADER_OCTETS = 12
const RECURSION_DESIRED = 0x0100

/** A question, as it goes into a packet. */
export type Question = {
  readonly name: string
  readonly type: DnsType
  /** Whether a resolver is asked, which is to find the answer elsewhere. */
  readonly isRecursive: boolean
  /** Whether larger answers than 512 octets are allowed over UDP. */
  readonly hasEdns: boolean
}

/** A response, as far as it is looked at. */
export type DnsMessage = {
  readonly rcode: number
  readonly isAuthoritative: boolean
  readonly isTruncated: boolean
  readonly answers: readonly DnsRecord[]
  readonly authorities: readonly AuthorityRecord[]
}

/** A record of the authority section: which zone says no, or who is to be asked instead. */
export type AuthorityRecord = {
  readonly owner: string
  readonly type: 'SOA' | 'NS'
  /** Of a SOA the smaller of its TTL and its minimum. @see RFC 2308 section 5 */
  readonly ttlS: number
}

/**
 * Tells whether a text can be asked for: labels of 1 to 63 visible characters,
 * 253 in all, none of which is written with a backslash.
 */
export function isAskable(name: string): boolean {
  if (name.length > NAME_LENGTH_MAX) return false
  return name.split('.').every((label) => /^(?:(?!["\\();@$])[!-~]){1,63}$/.test(label))
}

const NAME_LENGTH_MAX = 253

/** Writes a query with one question about an askable name. */
export function encodeQuery(id: number, question: Question): Buffer {
  const { name, type, isRecursive, hasEdns } = question
  const query = Buffer.alloc(HEADER_OCTETS + name.length + 6 + (hasEdns ? 11 : 0))
  query.writeUInt16BE(id, 0)
  query.writeUInt16BE(isRecursive ? RECURSION_DESIRED : 0, 2)
  query.writeUInt16BE(1, 4)
  query.writeUInt16BE(hasEdns ? 1 : 0, 10)
  let at = HEADER_OCTETS
  for (const label of name.split('.')) {
    at = query.writeUInt8(label.length, at)
    at += query.write(label, at, 'latin1')
  }
  at = query.writeUInt8(0, at)
  at = query.writeUInt16BE(TYPE_NUMBERS[type], at)
  at = query.writeUInt16BE(CLASS_IN, at)
  if (hasEdns) {
    at = query.writeUInt8(0, at)
    at = query.writeUInt16BE(OPT, at)
    query.writeUInt16BE(UDP_OCTETS_MAX, at)
  }
  return query
}

/** Gives a packet's id, or undefined when it is too short for one or no response. */
export function responseIdOf(packet: Buffer): number | undefined {
  if (packet.length < HEADER_OCTETS || (packet.readUInt8(2) & 0x80) === 0) return undefined
  return packet.readUInt16BE(0)
}

/** What a packet is to a question: its response, somebody else's, or nothing that can be read. */
export type Decoded = DnsMessage | 'not_ours' | 'malformed'

/** Reads a response; one that does not repeat the question is not ours. */
export function decodeResponse(packet: Buffer, { name, type }: Question): Decoded {
  const reader = new WireReader(packet)
  reader.skip(2)
  const flags = reader.uint16()
  const questions = reader.uint16()
  const [answers, authorities, more] = [reader.uint16(), reader.uint16(), reader.uint16()]
  const rcode = flags & 0x0f
  const head = {
    isAuthoritative: (flags & 0x0400) !== 0,
    isTruncated: (flags & 0x0200) !== 0,
  }
  // A server that cannot read a question may leave it out of its answer.
  if (questions === 0 && rcode !== 0 && rcode !== NXDOMAIN)
    return { rcode, ...head, answers: [], authorities: [] }
  if (questions !== 1 || (flags & 0x7800) !== 0) return 'not_ours'
  const asked = reader.name()
  const isSame = reader.uint16() === TYPE_NUMBERS[type] && reader.uint16() === CLASS_IN
  if (asked !== name.toLowerCase() || !isSame) return reader.isBroken ? 'malformed' : 'not_ours'

  // Why nothing of a truncated answer: it is asked for again over TCP, whatever it holds.
  if (head.isTruncated) return { rcode, ...head, answers: [], authorities: [] }
  if (answers + authorities + more > RECORDS_MAX) return 'malformed'
  const read = {
    answers: readRecords(reader, answers),
    authorities: readAuthorities(reader, authorities),
  }
  const high = readExtendedRcode(reader, more)
  if (reader.isBroken) return 'malformed'
  return { rcode: rcode | (high << 4), ...head, ...read }
}

function readRecords(reader: WireReader, count: number): readonly DnsRecord[] {
  const records: DnsRecord[] = []
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    const { owner, typeNumber, recordClass, ttlS, end } = readHead(reader)
    const type = recordClass === CLASS_IN ? TYPE_NAMES.get(typeNumber) : undefined
    if (type !== undefined) records.push({ owner, type, ttlS, value: readValue(reader, type, end) })
    reader.goTo(end)
  }
  return records
}

function readAuthorities(reader: WireReader, count: number): readonly AuthorityRecord[] {
  const records: AuthorityRecord[] = []
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    const { owner, typeNumber, ttlS, end } = readHead(reader)
    if (typeNumber === TYPE_NUMBERS.NS) records.push({ owner, type: 'NS', ttlS })
    if (typeNumber === TYPE_NUMBERS.SOA) {
      const minimumS = readSoa(reader).at(-1)
      records.push({ owner, type: 'SOA', ttlS: Math.min(ttlS, boundedTtl(Number(minimumS))) })
    }
    reader.goTo(end)
  }
  return records
}

function readExtendedRcode(reader: WireReader, count: number): number {
  for (let index = 0; index < count && !reader.isBroken; index += 1) {
    reader.name()
    const typeNumber = reader.uint16()
    reader.skip(2)
    const high = reader.uint8()
    reader.skip(3)
    reader.goTo(reader.uint16() + reader.at)
    if (typeNumber === OPT) return high
  }
  return 0
}

type RecordHead = {
  readonly owner: string
  readonly typeNumber: number
  readonly recordClass: number
  readonly ttlS: number
  readonly end: number
}

function readHead(reader: WireReader): RecordHead {
  const owner = reader.name()
  const typeNumber = reader.uint16()
  const recordClass = reader.uint16()
  const ttlS = boundedTtl(reader.uint32())
  const length = reader.uint16()
  return { owner, typeNumber, recordClass, ttlS, end: reader.at + length }
}

// @see RFC 2181 section 8: the highest bit set means 0.
function boundedTtl(ttlS: number): number {
  return ttlS > 0x7fff_ffff ? 0 : ttlS
}

function readValue(reader: WireReader, type: DnsType, end: number): string {
  switch (type) {
    case 'A':
      return reader.ipv4(end)
    case 'AAAA':
      return reader.ipv6(end)
    case 'CNAME':
    case 'NS':
      return reader.name()
    case 'SOA':
      return readSoa(reader).join(' ')
    case 'TXT':
      return reader.chunks(end)
    case 'CAA':
      return `${reader.uint8()} ${reader.escaped(reader.uint8())} "${reader.escapedTo(end)}"`
    default:
      return type satisfies never
  }
}

function readSoa(reader: WireReader): readonly (string | number)[] {
  const names = [reader.name(), reader.name()]
  return [...names, ...[0, 0, 0, 0, 0].map(() => reader.uint32())]
}
