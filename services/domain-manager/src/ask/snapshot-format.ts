import { crc32 } from 'node:zlib'
import { CERTIFICATE_STATUSES, type CertificateStatus } from '@fingerpost/model/certificate'
import { DOMAIN_STATUS_NAMES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { CompactHostnames, KnownHostname } from './compact-hostnames.ts'
import type { HostnameList } from './hostname-table.ts'

/*
 * The snapshot's content: a line that names the format and its version, a line of JSON with
 * counts and checksum, filled up with spaces, then one line for each hostname: a letter for its
 * status, a letter for its certificate, until when it may hold one in seconds with base 36 (or
 * nothing), a space and the hostname. All ASCII. `count` counts lines.
 *
 * Version 1 had no certificates: its lines are a letter, a space and the hostname.
 */
const FORMAT = 'fingerpost-hostnames 2'
const FORMATS: ReadonlySet<string> = new Set([FORMAT, 'fingerpost-hostnames 1'])

/** The length of the head, which is written last: only then are its facts known. */
export const HEAD_OCTETS = 256

// Letters are never used again for something else.
const STATUS_LETTERS: Readonly<Record<DomainStatus, string>> = {
  pending_verification: 'p',
  verified: 'v',
  active: 'a',
  degraded: 'd',
  suspended: 's',
}
const CERTIFICATE_LETTERS: Readonly<Record<CertificateStatus, string>> = {
  none: 'n',
  issuing: 'i',
  issued: 'y',
  failing: 'f',
}

const STATUSES = new Map(DOMAIN_STATUS_NAMES.map((name) => [STATUS_LETTERS[name], name]))
const CERTIFICATES = new Map(CERTIFICATE_STATUSES.map((name) => [CERTIFICATE_LETTERS[name], name]))

/** A snapshot that was read, or the sentence that says what is wrong with it. */
export type ReadSnapshot =
  | { readonly ok: true; readonly list: HostnameList }
  | { readonly ok: false; readonly problem: string }

// So many hostnames are written before asks get their turn: some tenths of a millisecond.
const NAMES_PER_CHUNK = 1_000

/** The facts that a head tells of what follows it. */
export type SnapshotFacts = {
  readonly sequence: number
  readonly currentAt: number
  readonly count: number
  readonly octets: number
  readonly checksum: number
}

/** Gives the lines of a snapshot chunk by chunk, and the facts about all of them at the end. */
export function* snapshotChunks(list: {
  readonly sequence: number
  readonly currentAt: number
  entries(): Iterable<[Hostname, KnownHostname]>
}): Generator<Buffer, SnapshotFacts> {
  const { sequence, currentAt } = list
  let lines = ''
  let count = 0
  let octets = 0
  let checksum = 0
  const chunkOf = (): Buffer => {
    const chunk = Buffer.from(lines, 'latin1')
    octets += chunk.length
    checksum = crc32(chunk, checksum)
    lines = ''
    return chunk
  }
  for (const [hostname, { status, certificate, mayHoldUntil }] of list.entries()) {
    const hold = mayHoldUntil === undefined ? '' : Math.ceil(mayHoldUntil / 1_000).toString(36)
    lines += `${STATUS_LETTERS[status]}${CERTIFICATE_LETTERS[certificate]}${hold} ${hostname}\n`
    count += 1
    if (count % NAMES_PER_CHUNK === 0) yield chunkOf()
  }
  yield chunkOf()
  return { sequence, currentAt, count, octets, checksum }
}

/** Writes the head, `HEAD_OCTETS` long. */
export function encodeHead({ currentAt, ...facts }: SnapshotFacts): Buffer {
  const text = `${FORMAT}\n${JSON.stringify({ ...facts, current_at: currentAt })}`
  return Buffer.from(`${text.padEnd(HEAD_OCTETS - 1)}\n`, 'latin1')
}

/**
 * Reads a snapshot into an empty list, and believes it only when it is whole.
 *
 * @param listFor gives the empty list for so many hostnames
 */
export function decodeSnapshot(
  content: Buffer,
  listFor: (count: number) => CompactHostnames,
): ReadSnapshot {
  const formatEnd = content.indexOf(NEWLINE)
  const factsEnd = content.indexOf(NEWLINE, formatEnd + 1)
  if (formatEnd < 0 || factsEnd < 0) return { ok: false, problem: 'it has no head' }
  const format = content.toString('latin1', 0, Math.min(formatEnd, FORMAT.length + 1))
  if (!FORMATS.has(format)) return { ok: false, problem: `its format is not "${FORMAT}"` }
  const facts = parseFacts(content.toString('latin1', formatEnd + 1, factsEnd))
  if (facts === undefined) return { ok: false, problem: 'its head cannot be read' }

  const body = content.subarray(factsEnd + 1)
  if (body.length !== facts.octets) {
    const problem = `it has ${body.length} octets of hostnames in place of ${facts.octets}`
    return { ok: false, problem }
  }
  if (crc32(body) !== facts.checksum) return { ok: false, problem: 'its checksum is wrong' }
  // Why bounded: the head is not covered by the checksum, and a line has three octets at least.
  const hostnames = listFor(Math.min(facts.count, body.length / 3))
  if (readLines(body, hostnames) !== facts.count) {
    return { ok: false, problem: 'its hostnames are wrong' }
  }
  const { sequence, currentAt } = facts
  return { ok: true, list: { hostnames, sequence, currentAt } }
}

const NEWLINE = 0x0a
const SPACE = 0x20

function parseFacts(text: string): SnapshotFacts | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Why ignored: the caller reports that the head cannot be read.
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const read = value as Readonly<Record<string, unknown>>
  const { sequence, current_at: currentAt, count, octets, checksum } = read
  const numbers = [sequence, currentAt, count, octets, checksum]
  if (!numbers.every((number) => Number.isSafeInteger(number) && Number(number) >= 0)) {
    return undefined
  }
  return { sequence, currentAt, count, octets, checksum } as SnapshotFacts
}

/** @returns how many lines were read; undefined: one of them was never written by us */
function readLines(body: Buffer, hostnames: CompactHostnames): number | undefined {
  let count = 0
  for (let start = 0; start < body.length;) {
    const end = body.indexOf(NEWLINE, start)
    const space = body.indexOf(SPACE, start)
    if (end < 0 || space < 0 || space > end) return undefined
    const known = readKnown(body.toString('latin1', start, space))
    if (known === undefined) return undefined
    // Why no second look at the name: the checksum holds, and we wrote it ourselves.
    hostnames.set(body.toString('latin1', space + 1, end) as Hostname, known)
    count += 1
    start = end + 1
  }
  return count
}

function readKnown(text: string): KnownHostname | undefined {
  const status = STATUSES.get(text.slice(0, 1))
  const certificate = text.length === 1 ? 'none' : CERTIFICATES.get(text.slice(1, 2))
  const hold = text.length <= 2 ? undefined : Number.parseInt(text.slice(2), 36) * 1_000
  if (status === undefined || certificate === undefined || Number.isNaN(hold)) return undefined
  return { status, certificate, mayHoldUntil: hold }
}
