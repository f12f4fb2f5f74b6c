import {
  CLICK_COUNT_MAX,
  DEVICE_CLASSES,
  hourOf,
  VISITOR_KINDS,
  type DeviceClass,
  type VisitorKind,
} from '@fingerpost/model/click'
import { AppError } from '@fingerpost/model/errors'
import type { EpochMs } from '@fingerpost/model/time'
import { CLICK_SOURCE_OCTETS_MAX, CLICKS_PER_BATCH_MAX, type ClickBatch } from './core-api.ts'
import type {
  ClickColumns,
  ClickColumns__Output,
} from './generated/fingerpost/core/v1/ClickColumns.ts'
import type {
  RecordClicksRequest,
  RecordClicksRequest__Output,
} from './generated/fingerpost/core/v1/RecordClicksRequest.ts'
import { hostnameFromWire, integerFromWire, octetLength } from './wire-values.ts'

/** Gives the message of a batch of clicks. */
export function clicksToWire(batch: ClickBatch): RecordClicksRequest {
  return { source: batch.source, number: batch.number, clicks: columnsOf(batch) }
}

/**
 * Reads a batch of clicks.
 *
 * @throws AppError `body_invalid`
 */
export function clicksFromWire(message: RecordClicksRequest__Output): ClickBatch {
  const { source, clicks } = message
  if (source === '' || octetLength(source) > CLICK_SOURCE_OCTETS_MAX) refuse('source')
  const number = integerFromWire(message.number) ?? refuse('number')
  if (number < 1) refuse('number')
  return { source, number, clicks: rowsOf(clicks ?? refuse('clicks')) }
}

/** Things that repeat, each told once. */
class Places<Value> {
  readonly values: Value[] = []
  readonly #places = new Map<Value, number>()

  of(value: Value): number {
    const known = this.#places.get(value)
    if (known !== undefined) return known
    this.#places.set(value, this.values.length)
    return this.values.push(value) - 1
  }
}

// Why columns: an edge under load sends tens of thousands of counts a second, and
// a message of its own for each cost it more than answering the clicks.
function columnsOf({ clicks }: ClickBatch): ClickColumns {
  const workspaces = new Places<string>()
  const hours = new Places<EpochMs>()
  const referrers = new Places<string>()
  const countries = new Places<string>()
  return {
    rowLinkId: clicks.map(({ linkId }) => linkId),
    rowWorkspace: clicks.map(({ workspaceId }) => workspaces.of(workspaceId)),
    rowHour: clicks.map(({ hour }) => hours.of(hour)),
    rowVisitor: clicks.map(({ visitor }) => WIRE_VISITORS[visitor]),
    rowDevice: clicks.map(({ device }) => WIRE_DEVICES[device]),
    rowReferrer: clicks.map(({ referrer }) => referrers.of(referrer)),
    rowCountry: clicks.map(({ country }) => countries.of(country)),
    rowCount: clicks.map(({ count }) => count),
    workspaceIds: workspaces.values,
    hoursMs: hours.values,
    referrers: referrers.values,
    countries: countries.values,
  }
}

function rowsOf(columns: ClickColumns__Output): ClickBatch['clicks'] {
  const { rowLinkId, workspaceIds, hoursMs, referrers, countries } = columns
  const count = rowLinkId.length
  if (count < 1 || count > CLICKS_PER_BATCH_MAX) refuse('clicks')
  if (workspaceIds.includes('')) refuse('clicks.workspace_ids')
  if (!hoursMs.every(isHour)) refuse('clicks.hours_ms')
  if (!referrers.every(isReferrer)) refuse('clicks.referrers')
  if (!countries.every(isCountry)) refuse('clicks.countries')
  const columnsByRow = [
    columns.rowWorkspace,
    columns.rowHour,
    columns.rowVisitor,
    columns.rowDevice,
    columns.rowReferrer,
    columns.rowCountry,
    columns.rowCount,
  ]
  if (columnsByRow.some((column) => column.length !== count)) refuse('clicks')
  return rowLinkId.map((linkId, row) => ({
    linkId: linkId === '' ? refuse('clicks.row_link_id') : linkId,
    workspaceId: at(workspaceIds, columns.rowWorkspace[row], 'clicks.row_workspace'),
    hour: at(hoursMs, columns.rowHour[row], 'clicks.row_hour'),
    visitor: VISITORS.get(columns.rowVisitor[row] ?? '') ?? refuse('clicks.row_visitor'),
    device: DEVICES.get(columns.rowDevice[row] ?? '') ?? refuse('clicks.row_device'),
    referrer: at(referrers, columns.rowReferrer[row], 'clicks.row_referrer'),
    country: at(countries, columns.rowCountry[row], 'clicks.row_country'),
    count: clickCount(columns.rowCount[row] ?? 0),
  }))
}

function at<Value>(values: readonly Value[], place: number | undefined, field: string): Value {
  return values[place ?? -1] ?? refuse(field)
}

function isHour(instant: number): boolean {
  return Number.isSafeInteger(instant) && instant >= 0 && instant === hourOf(instant)
}

function isReferrer(text: string): boolean {
  return text === '' || hostnameFromWire(text) !== undefined
}

function isCountry(text: string): boolean {
  return /^(?:[A-Z]{2})?$/.test(text)
}

function clickCount(count: number): number {
  return count >= 1 && count <= CLICK_COUNT_MAX ? count : refuse('clicks.row_count')
}

const WIRE_VISITORS = {
  human: 'VISITOR_KIND_HUMAN',
  bot: 'VISITOR_KIND_BOT',
  prefetch: 'VISITOR_KIND_PREFETCH',
  head: 'VISITOR_KIND_HEAD',
} as const satisfies Record<VisitorKind, string>

const WIRE_DEVICES = {
  unknown: 'DEVICE_CLASS_UNSPECIFIED',
  desktop: 'DEVICE_CLASS_DESKTOP',
  mobile: 'DEVICE_CLASS_MOBILE',
  tablet: 'DEVICE_CLASS_TABLET',
  other: 'DEVICE_CLASS_OTHER',
} as const satisfies Record<DeviceClass, string>

const VISITORS = new Map<string | number, VisitorKind>(
  VISITOR_KINDS.map((kind) => [WIRE_VISITORS[kind], kind]),
)

const DEVICES = new Map<string | number, DeviceClass>(
  DEVICE_CLASSES.map((device) => [WIRE_DEVICES[device], device]),
)

function refuse(field: string): never {
  throw new AppError('body_invalid', `The batch's field "${field}" is missing or not usable.`, {
    facts: { field },
  })
}
