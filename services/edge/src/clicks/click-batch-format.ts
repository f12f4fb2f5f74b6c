import { DEVICE_CLASSES, VISITOR_KINDS, type ClickCount } from '@fingerpost/model/click'
import type { ClickBatch } from '@fingerpost/contract/core-api'

/** Who made a batch's file, as its name tells. */
export type BatchName = {
  readonly source: string
  readonly number: number
  /** The process that owns it. */
  readonly pid: number
}

/** Writes the name of a batch's file. */
export function formatBatchName({ source, number, pid }: BatchName): string {
  return `${source}.${number}.${pid}.json`
}

/** Reads the name of a batch's file, or gives undefined for any other. */
export function parseBatchName(name: string): BatchName | undefined {
  const match = /^([0-9a-f-]{1,64})\.(\d{1,15})\.(\d{1,10})\.json$/.exec(name)
  if (match === null) return undefined
  return { source: match[1] ?? '', number: Number(match[2]), pid: Number(match[3]) }
}

/** Writes a batch as the text of its file: one short row for each count. */
export function formatBatch(batch: ClickBatch): string {
  const { source, number, clicks } = batch
  const rows = clicks.map((click): Row => [
    click.workspaceId,
    click.linkId,
    click.hour,
    click.visitor,
    click.device,
    click.referrer,
    click.country,
    click.count,
  ])
  return JSON.stringify({ version: VERSION, source, number, clicks: rows })
}

/** Reads a batch's file, or gives undefined when it is damaged or of another version. */
export function parseBatch(text: string, name: BatchName): ClickBatch | undefined {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    // Why ignored: what is no JSON is a damaged file, and the caller is told so.
    return undefined
  }
  if (!isBatchContent(content)) return undefined
  if (content.source !== name.source || content.number !== name.number) return undefined
  const clicks = content.clicks.map(readRow)
  if (clicks.length === 0 || !clicks.every((click) => click !== undefined)) return undefined
  return { source: name.source, number: name.number, clicks }
}

/** How many clicks were counted in all. */
export function sumOf(clicks: Iterable<ClickCount>): number {
  let sum = 0
  for (const { count } of clicks) sum += count
  return sum
}

const VERSION = 1

type Row = readonly [
  workspaceId: string,
  linkId: string,
  hour: number,
  visitor: string,
  device: string,
  referrer: string,
  country: string,
  count: number,
]

function readRow(row: readonly unknown[]): ClickCount | undefined {
  const [workspaceId, linkId, hour, visitorText, deviceText, referrer, country, count] = row
  const visitor = VISITOR_KINDS.find((kind) => kind === visitorText)
  const device = DEVICE_CLASSES.find((kind) => kind === deviceText)
  if (typeof workspaceId !== 'string' || typeof linkId !== 'string') return undefined
  if (typeof referrer !== 'string' || typeof country !== 'string') return undefined
  if (visitor === undefined || device === undefined) return undefined
  if (!isWhole(hour) || !isWhole(count)) return undefined
  return { workspaceId, linkId, hour, visitor, device, referrer, country, count }
}

function isBatchContent(content: unknown): content is {
  readonly source: unknown
  readonly number: unknown
  readonly clicks: readonly (readonly unknown[])[]
} {
  if (typeof content !== 'object' || content === null) return false
  if (!('version' in content) || content.version !== VERSION) return false
  if (!('source' in content) || !('number' in content) || !('clicks' in content)) return false
  return Array.isArray(content.clicks) && content.clicks.every((row) => Array.isArray(row))
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
