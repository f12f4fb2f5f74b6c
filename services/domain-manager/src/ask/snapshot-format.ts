import { crc32 } from 'node:zlib'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DOMAIN_STATUS_NAMES, type DomainStatus } from '@fingerpost/model/domain-status'
import type { Hostname } from '@fingerpost/model/hostname'
import type { HostnameList } from './hostname-table.ts'

/*
 * The snapshot's content: a line that names the format and its version, a line
 * of JSON with counts and checksum, then one line for each hostname: a letter
 * for its status, and the hostname. All ASCII. `count` counts lines: a hostname
 * that was deleted and added again while they were written has two, and the
 * later one holds.
 */
const FORMAT = 'fingerpost-hostnames 1'

// Letters are never used again for another status.
const LETTERS: Readonly<Record<DomainStatus, string>> = {
  pending_verification: 'p',
  verified: 'v',
  active: 'a',
  degraded: 'd',
  suspended: 's',
}

const STATUSES_BY_LETTER: ReadonlyMap<string, DomainStatus> = new Map(
  DOMAIN_STATUS_NAMES.map((status) => [LETTERS[status], status]),
)

/** A snapshot that was read, or the sentence that says what is wrong with it. */
export type ReadSnapshot =
  | { readonly ok: true; readonly list: HostnameList }
  | { readonly ok: false; readonly problem: string }

// So many hostnames are written before asks get their turn: about a millisecond.
const NAMES_PER_TURN = 5_000

/** Writes a list as a snapshot, letting other work through in between. */
export async function encodeSnapshot(list: {
  readonly sequence: number
  readonly currentAt: number
  entries(): Iterable<[Hostname, DomainStatus]>
}): Promise<Buffer> {
  const { sequence, currentAt } = list
  const chunks: Buffer[] = []
  let lines = ''
  let count = 0
  let octets = 0
  let checksum = 0
  const flush = (): void => {
    const chunk = Buffer.from(lines, 'latin1')
    chunks.push(chunk)
    octets += chunk.length
    checksum = crc32(chunk, checksum)
    lines = ''
  }
  for (const [hostname, status] of list.entries()) {
    lines += `${LETTERS[status]} ${hostname}\n`
    count += 1
    if (count % NAMES_PER_TURN === 0) {
      flush()
      await nextTurn()
    }
  }
  flush()
  const facts = JSON.stringify({ sequence, current_at: currentAt, count, octets, checksum })
  return Buffer.concat([Buffer.from(`${FORMAT}\n${facts}\n`, 'latin1'), ...chunks])
}

/** Reads a snapshot, and believes it only when it is whole. */
export function decodeSnapshot(content: Buffer): ReadSnapshot {
  const formatEnd = content.indexOf(NEWLINE)
  const factsEnd = content.indexOf(NEWLINE, formatEnd + 1)
  if (formatEnd < 0 || factsEnd < 0) return { ok: false, problem: 'it has no head' }
  const format = content.toString('latin1', 0, Math.min(formatEnd, FORMAT.length + 1))
  if (format !== FORMAT) return { ok: false, problem: `its format is not "${FORMAT}"` }
  const facts = parseFacts(content.toString('latin1', formatEnd + 1, factsEnd))
  if (facts === undefined) return { ok: false, problem: 'its head cannot be read' }

  const body = content.subarray(factsEnd + 1)
  if (body.length !== facts.octets) {
    const problem = `it has ${body.length} octets of hostnames in place of ${facts.octets}`
    return { ok: false, problem }
  }
  if (crc32(body) !== facts.checksum) return { ok: false, problem: 'its checksum is wrong' }
  const lines = readLines(body)
  if (lines?.count !== facts.count) return { ok: false, problem: 'its hostnames are wrong' }
  const { statuses } = lines
  return { ok: true, list: { statuses, sequence: facts.sequence, currentAt: facts.currentAt } }
}

const NEWLINE = 0x0a

type Facts = {
  readonly sequence: number
  readonly currentAt: number
  readonly count: number
  readonly octets: number
  readonly checksum: number
}

function parseFacts(text: string): Facts | undefined {
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
  return { sequence, currentAt, count, octets, checksum } as Facts
}

type Lines = { readonly statuses: Map<Hostname, DomainStatus>; readonly count: number }

function readLines(body: Buffer): Lines | undefined {
  const statuses = new Map<Hostname, DomainStatus>()
  let count = 0
  for (let start = 0; start < body.length;) {
    const end = body.indexOf(NEWLINE, start)
    if (end < 0) return undefined
    const status = STATUSES_BY_LETTER.get(body.toString('latin1', start, start + 1))
    if (status === undefined) return undefined
    // Why no second look at the name: the checksum holds, and we wrote it ourselves.
    statuses.set(body.toString('latin1', start + 2, end) as Hostname, status)
    count += 1
    start = end + 1
  }
  return { statuses, count }
}
