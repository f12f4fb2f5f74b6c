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
  return `${source}.${number}.${pid}.tsv`
}

/** Reads the name of a batch's file, or gives undefined for any other. */
export function parseBatchName(name: string): BatchName | undefined {
  const match = /^([0-9a-f-]{1,64})\.(\d{1,15})\.(\d{1,10})\.tsv$/.exec(name)
  if (match === null) return undefined
  return { source: match[1] ?? '', number: Number(match[2]), pid: Number(match[3]) }
}

/**
 * Writes a batch as the text of its file: a line that says what it is and how
 * many counts follow, then one line for each. Nothing in a count has a tab or a
 * line end, since the contract has checked it.
 */
export function formatBatch({ source, number, clicks }: ClickBatch): string {
  let text = `${FORMAT}\t${source}\t${number}\t${clicks.length}\n`
  for (const click of clicks) {
    text +=
      `${click.workspaceId}\t${click.linkId}\t${click.hour}\t${click.visitor}\t` +
      `${click.device}\t${click.referrer}\t${click.country}\t${click.count}\n`
  }
  return text
}

/** Reads a batch's file, or gives undefined when it is damaged or of another version. */
export function parseBatch(text: string, name: BatchName): ClickBatch | undefined {
  const [first = '', ...lines] = text.split('\n')
  const { source, number } = name
  // Why what follows the last line end counts: a line that is cut off is no count.
  if (lines.pop() !== '' || lines.length === 0) return undefined
  if (first !== `${FORMAT}\t${source}\t${number}\t${lines.length}`) return undefined
  const clicks = lines.map(readLine)
  if (!clicks.every((click) => click !== undefined)) return undefined
  return { source, number, clicks }
}

/** How many clicks were counted in all. */
export function sumOf(clicks: Iterable<ClickCount>): number {
  let sum = 0
  for (const { count } of clicks) sum += count
  return sum
}

const FORMAT = 'fingerpost-clicks-1'

function readLine(line: string): ClickCount | undefined {
  const fields = line.split('\t')
  const [workspaceId = '', linkId = '', hourText, visitorText, deviceText] = fields
  const [, , , , , referrer = '', country = '', countText] = fields
  const visitor = VISITOR_KINDS.find((kind) => kind === visitorText)
  const device = DEVICE_CLASSES.find((kind) => kind === deviceText)
  const hour = wholeNumber(hourText)
  const count = wholeNumber(countText)
  if (fields.length !== FIELDS || workspaceId === '' || linkId === '') return undefined
  if (visitor === undefined || device === undefined) return undefined
  if (hour === undefined || count === undefined) return undefined
  return { workspaceId, linkId, hour, visitor, device, referrer, country, count }
}

const FIELDS = 8

function wholeNumber(text = ''): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : undefined
}
