import { constants, open, rm, stat } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isErrno, readFileIfPresent, writeFileAtomically } from '@fingerpost/chassis/atomic-file'
import type { Lineage } from '@fingerpost/contract/core-api'
import type { EpochMs } from '@fingerpost/model/time'
import type { SnapshotEntry } from '../rules/snapshot-entry.ts'
import { parseSnapshotLine, SNAPSHOT_FORMAT_LINE, snapshotLineOf } from './snapshot-lines.ts'

/** A domain or a link in the snapshot. */
export type KnownEntry = Extract<SnapshotEntry, { kind: 'domain' | 'link' }>

/** Something that a change took away. */
export type DroppedEntry = Extract<SnapshotEntry, { kind: 'dropped' }>

/** What a snapshot file gave. */
export type ReadSnapshot = {
  readonly lineage: Lineage | undefined
  /** 0: there is no snapshot that can be used. */
  readonly writtenAt: EpochMs
  readonly domains: readonly Extract<KnownEntry, { kind: 'domain' }>[]
  readonly links: readonly Extract<KnownEntry, { kind: 'link' }>[]
  /** Lines that could not be used. */
  readonly damagedCount: number
  /** What is wrong with the file, in words; undefined: nothing, or there is none. */
  readonly problem: string | undefined
}

const NOTHING: ReadSnapshot = {
  lineage: undefined,
  writtenAt: 0,
  domains: [],
  links: [],
  damagedCount: 0,
  problem: undefined,
}

// So many entries are written before visitors get their turn: about a millisecond.
const ENTRIES_PER_TURN = 200

const MODE = 0o600

/** Names a domain, or a link, among all that a snapshot can hold. */
export function snapshotKeyOf(hostname: string, slug: string | undefined): string {
  return slug === undefined ? hostname : `${hostname}\0${slug}`
}

/** Names what an entry tells of, as `snapshotKeyOf`. */
export function keyOfEntry(entry: KnownEntry): string {
  return entry.kind === 'domain'
    ? snapshotKeyOf(entry.domain.hostname, undefined)
    : snapshotKeyOf(entry.hostname, entry.link.slug)
}

/**
 * Reads a snapshot, whatever state it is in; never throws.
 *
 * @param octetsMax a larger file is not read
 */
export async function readSnapshot(path: string, octetsMax: number): Promise<ReadSnapshot> {
  try {
    const { size } = await stat(path)
    if (size > octetsMax) return unusable(`it has ${size} octets, more than ${octetsMax}`)
    const content = await readFileIfPresent(path)
    return content === undefined ? NOTHING : readLines(content.toString('utf8'))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return NOTHING
    return unusable(error instanceof Error ? error.message : String(error))
  }
}

/**
 * Writes a snapshot, letting other work through in between.
 *
 * @param entries the most important first; what does not fit into `octetsMax` is left out
 * @param isKept asked right before an entry is written
 */
export async function writeSnapshot(
  path: string,
  entries: readonly KnownEntry[],
  options: {
    readonly lineage: Lineage | undefined
    readonly writtenAt: EpochMs
    readonly octetsMax: number
    readonly isKept: (entry: KnownEntry) => boolean
  },
): Promise<void> {
  const { lineage, writtenAt, octetsMax, isKept } = options
  const head: SnapshotEntry = { kind: 'head', lineage, writtenAt }
  const chunks = [Buffer.from(SNAPSHOT_FORMAT_LINE + snapshotLineOf(head))]
  let octets = 0
  let count = 0
  for (let start = 0; start < entries.length && octets < octetsMax; start += ENTRIES_PER_TURN) {
    const kept = entries.slice(start, start + ENTRIES_PER_TURN).filter(isKept)
    const chunk = Buffer.from(kept.map(snapshotLineOf).join(''))
    octets += chunk.length
    if (octets > octetsMax) break
    chunks.push(chunk)
    count += kept.length
    await nextTurn()
  }
  chunks.push(Buffer.from(snapshotLineOf({ kind: 'end', count })))
  await writeFileAtomically(path, Buffer.concat(chunks), MODE)
}

/**
 * Notes in the snapshot that some of it is not so any more. When that cannot be
 * written, the whole snapshot goes: what was taken down must not come back.
 *
 * @returns why the snapshot had to go; undefined: it is still there
 */
export async function appendDropped(
  path: string,
  dropped: readonly DroppedEntry[],
): Promise<{ readonly cause: unknown } | undefined> {
  try {
    // Why not created: lines without what they are about are no snapshot.
    const file = await open(path, constants.O_WRONLY | constants.O_APPEND)
    try {
      await file.writeFile(dropped.map(snapshotLineOf).join(''))
      await file.datasync()
    } finally {
      await file.close()
    }
    return undefined
  } catch (cause) {
    await rm(path, { force: true })
    return { cause }
  }
}

function unusable(problem: string): ReadSnapshot {
  return { ...NOTHING, problem }
}

function readLines(content: string): ReadSnapshot {
  if (!content.startsWith(SNAPSHOT_FORMAT_LINE)) return unusable('its format is not known')
  const known = new Map<string, KnownEntry>()
  let head: Extract<SnapshotEntry, { kind: 'head' }> | undefined
  let count: number | undefined
  let damagedCount = 0
  for (const line of content.slice(SNAPSHOT_FORMAT_LINE.length).split('\n')) {
    if (line === '') continue
    const entry = parseSnapshotLine(line)
    switch (entry?.kind) {
      case 'head':
        head = entry
        break
      case 'end':
        count = entry.count
        break
      case 'dropped':
        known.delete(snapshotKeyOf(entry.hostname, entry.slug))
        break
      case 'domain':
      case 'link':
        known.set(keyOfEntry(entry), entry)
        break
      case undefined:
        damagedCount += 1
        break
      default:
        entry satisfies never
    }
  }
  return { ...whatIsWhole([...known.values()]), ...whatIsSaid(head, count), damagedCount }
}

/** Gives the domains, and the links whose domain is there as well. */
function whatIsWhole(entries: readonly KnownEntry[]): Pick<ReadSnapshot, 'domains' | 'links'> {
  const domains = entries.filter((entry) => entry.kind === 'domain')
  const idsByHostname = new Map(domains.map(({ domain }) => [domain.hostname, domain.id]))
  const links = entries.filter(
    (entry) => entry.kind === 'link' && idsByHostname.get(entry.hostname) === entry.domainId,
  )
  return { domains, links: links.filter((entry) => entry.kind === 'link') }
}

function whatIsSaid(
  head: Extract<SnapshotEntry, { kind: 'head' }> | undefined,
  count: number | undefined,
): Pick<ReadSnapshot, 'lineage' | 'writtenAt' | 'problem'> {
  const { lineage, writtenAt = 0 } = head ?? {}
  const problem = head === undefined || count === undefined ? 'it is not whole' : undefined
  return { lineage, writtenAt, problem }
}
