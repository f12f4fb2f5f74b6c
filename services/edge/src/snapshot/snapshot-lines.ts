import { crc32 } from 'node:zlib'
import {
  parseSnapshotEntry,
  snapshotRecordOf,
  type SnapshotEntry,
} from '../rules/snapshot-entry.ts'

/*
 * The snapshot is a file of JSON lines. The first names the format and its
 * version. Each other line holds an entry and the checksum of the entry's text:
 *
 *   {"format":"fingerpost-edge-snapshot","version":1}
 *   {"crc32":"9a3f01c2","entry":{"kind":"head",…}}
 *   {"crc32":"…","entry":{"kind":"domain",…}}
 *   {"crc32":"…","entry":{"kind":"link",…}}
 *   {"crc32":"…","entry":{"kind":"end","count":2}}
 *   {"crc32":"…","entry":{"kind":"dropped",…}}
 *
 * Why a checksum on each line: one damaged sector costs the links on it, and not
 * every link. Lines after the end are appended as changes take entries away.
 */

/** The first line of every snapshot of this version. */
export const SNAPSHOT_FORMAT_LINE = '{"format":"fingerpost-edge-snapshot","version":1}\n'

const PREFIX = '{"crc32":"'
const MIDDLE = '","entry":'
const CHECKSUM_LENGTH = 8
const TEXT_START = PREFIX.length + CHECKSUM_LENGTH + MIDDLE.length

/** Gives an entry's line, with its line feed. */
export function snapshotLineOf(entry: SnapshotEntry): string {
  const text = JSON.stringify(snapshotRecordOf(entry))
  return `${PREFIX}${checksumOf(text)}${MIDDLE}${text}}\n`
}

/** Reads a line; undefined when it is damaged. */
export function parseSnapshotLine(line: string): SnapshotEntry | undefined {
  const text = line.slice(TEXT_START, -1)
  if (line.slice(PREFIX.length, PREFIX.length + CHECKSUM_LENGTH) !== checksumOf(text)) {
    return undefined
  }
  try {
    return parseSnapshotEntry(JSON.parse(text))
  } catch {
    // Why ignored: what is no JSON is damaged, which the caller counts.
    return undefined
  }
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(CHECKSUM_LENGTH, '0')
}
