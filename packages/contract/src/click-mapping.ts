import {
  CLICK_COUNT_MAX,
  DEVICE_CLASSES,
  hourOf,
  VISITOR_KINDS,
  type ClickCount,
  type DeviceClass,
  type VisitorKind,
} from '@fingerpost/model/click'
import { AppError } from '@fingerpost/model/errors'
import { CLICK_SOURCE_OCTETS_MAX, CLICKS_PER_BATCH_MAX, type ClickBatch } from './core-api.ts'
import type {
  ClickCount as CountToWire,
  ClickCount__Output,
} from './generated/fingerpost/core/v1/ClickCount.ts'
import type {
  RecordClicksRequest,
  RecordClicksRequest__Output,
} from './generated/fingerpost/core/v1/RecordClicksRequest.ts'
import { hostnameFromWire, integerFromWire, octetLength } from './wire-values.ts'

/** Gives the message of a batch of clicks. */
export function clicksToWire(batch: ClickBatch): RecordClicksRequest {
  return { source: batch.source, number: batch.number, clicks: batch.clicks.map(countToWire) }
}

/**
 * Reads a batch of clicks.
 *
 * @throws AppError `body_invalid`
 */
export function clicksFromWire(message: RecordClicksRequest__Output): ClickBatch {
  const { source, clicks } = message
  if (source === '' || octetLength(source) > CLICK_SOURCE_OCTETS_MAX) refuse('source')
  if (clicks.length === 0 || clicks.length > CLICKS_PER_BATCH_MAX) refuse('clicks')
  const number = integerFromWire(message.number) ?? refuse('number')
  return {
    source,
    number: number > 0 ? number : refuse('number'),
    clicks: clicks.map(countFromWire),
  }
}

function countToWire(click: ClickCount): CountToWire {
  return {
    workspaceId: click.workspaceId,
    linkId: click.linkId,
    hourMs: click.hour,
    visitor: WIRE_VISITORS[click.visitor],
    device: WIRE_DEVICES[click.device],
    referrer: click.referrer,
    country: click.country,
    count: click.count,
  }
}

function countFromWire(message: ClickCount__Output): ClickCount {
  const { workspaceId, linkId, referrer, country, count } = message
  const hour = integerFromWire(message.hourMs) ?? refuse('clicks.hour_ms')
  if (workspaceId === '') refuse('clicks.workspace_id')
  if (linkId === '') refuse('clicks.link_id')
  if (hour < 0 || hour !== hourOf(hour)) refuse('clicks.hour_ms')
  if (referrer !== '' && hostnameFromWire(referrer) === undefined) refuse('clicks.referrer')
  if (!/^(?:[A-Z]{2})?$/.test(country)) refuse('clicks.country')
  if (count < 1 || count > CLICK_COUNT_MAX) refuse('clicks.count')
  return {
    workspaceId,
    linkId,
    hour,
    visitor:
      VISITOR_KINDS.find((kind) => WIRE_VISITORS[kind] === message.visitor) ??
      refuse('clicks.visitor'),
    device:
      DEVICE_CLASSES.find((device) => WIRE_DEVICES[device] === message.device) ??
      refuse('clicks.device'),
    referrer,
    country,
    count,
  }
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

function refuse(field: string): never {
  throw new AppError('body_invalid', `The batch's field "${field}" is missing or not usable.`, {
    facts: { field },
  })
}
