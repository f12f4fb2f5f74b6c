import { AppError } from '@fingerpost/model/errors'
import { NOTICE_EVENTS } from '@fingerpost/model/notice'
import {
  DELIVERY_ERROR_LENGTH_MAX,
  type Delivery,
  type DeliveryReceiver,
  type DeliveryRecord,
} from './core-api.ts'
import type {
  ClaimDeliveriesResponse,
  ClaimDeliveriesResponse__Output,
} from './generated/fingerpost/core/v1/ClaimDeliveriesResponse.ts'
import type {
  Delivery as DeliveryToWire,
  Delivery__Output as DeliveryFromWire,
} from './generated/fingerpost/core/v1/Delivery.ts'
import type {
  RecordDeliveryRequest,
  RecordDeliveryRequest__Output,
} from './generated/fingerpost/core/v1/RecordDeliveryRequest.ts'
import { integerFromWire } from './wire-values.ts'

/** Gives the message of leased deliveries. */
export function deliveriesToWire(deliveries: readonly Delivery[]): ClaimDeliveriesResponse {
  return { deliveries: deliveries.map(deliveryToWire) }
}

/**
 * Reads leased deliveries.
 *
 * @throws AppError `internal_error`
 */
export function deliveriesFromWire(message: ClaimDeliveriesResponse__Output): readonly Delivery[] {
  return message.deliveries.map(deliveryFromWire)
}

/** Gives the message of how an attempt to deliver went. */
export function deliveryRecordToWire(record: DeliveryRecord): RecordDeliveryRequest {
  const { httpStatus, nextAttemptAt } = record
  return {
    deliveryId: record.deliveryId,
    lease: record.lease,
    isDelivered: record.isDelivered,
    error: record.error.toWellFormed().slice(0, DELIVERY_ERROR_LENGTH_MAX).toWellFormed(),
    ...(httpStatus !== undefined && { httpStatus }),
    ...(nextAttemptAt !== undefined && { nextAttemptAtMs: nextAttemptAt }),
    disablesEndpoint: record.disablesEndpoint,
  }
}

/**
 * Reads how an attempt to deliver went.
 *
 * @throws AppError `body_invalid`
 */
export function deliveryRecordFromWire(message: RecordDeliveryRequest__Output): DeliveryRecord {
  const { deliveryId, lease, isDelivered, error, httpStatus, disablesEndpoint } = message
  if (deliveryId === '') refuse('delivery_id', 'body_invalid')
  if (lease === '') refuse('lease', 'body_invalid')
  if (error.length > DELIVERY_ERROR_LENGTH_MAX) refuse('error', 'body_invalid')
  const nextAttemptAt =
    message.nextAttemptAtMs === undefined
      ? undefined
      : (integerFromWire(message.nextAttemptAtMs) ?? refuse('next_attempt_at_ms', 'body_invalid'))
  return { deliveryId, lease, isDelivered, error, httpStatus, nextAttemptAt, disablesEndpoint }
}

function deliveryToWire(delivery: Delivery): DeliveryToWire {
  const { id, lease, noticeId, event, payload, createdAt, attempts, to } = delivery
  return {
    id,
    lease,
    noticeId,
    event,
    payload,
    createdAtMs: createdAt,
    attempts,
    ...(to.kind === 'mail'
      ? { mailAddress: to.address }
      : { webhook: { url: to.url, secret: to.secret } }),
  }
}

function deliveryFromWire(message: DeliveryFromWire): Delivery {
  return {
    id: nonEmpty(message.id, 'deliveries.id'),
    lease: nonEmpty(message.lease, 'deliveries.lease'),
    noticeId: nonEmpty(message.noticeId, 'deliveries.notice_id'),
    event: NOTICE_EVENTS.find((event) => event === message.event) ?? refuse('deliveries.event'),
    payload: nonEmpty(message.payload, 'deliveries.payload'),
    createdAt: integerFromWire(message.createdAtMs) ?? refuse('deliveries.created_at_ms'),
    attempts: message.attempts,
    to: receiverFromWire(message),
  }
}

function receiverFromWire(message: DeliveryFromWire): DeliveryReceiver {
  const { webhook, mailAddress } = message
  switch (message.to) {
    case 'webhook': {
      const url = nonEmpty(webhook?.url ?? '', 'deliveries.webhook.url')
      const secret = nonEmpty(webhook?.secret ?? '', 'deliveries.webhook.secret')
      return { kind: 'webhook', url, secret }
    }
    case 'mailAddress':
      return { kind: 'mail', address: nonEmpty(mailAddress ?? '', 'deliveries.mail_address') }
    case undefined:
      return refuse('deliveries.to')
    default:
      return message.to satisfies never
  }
}

function nonEmpty(text: string, field: string): string {
  return text === '' ? refuse(field) : text
}

function refuse(field: string, code: 'body_invalid' | 'internal_error' = 'internal_error'): never {
  throw new AppError(code, `The field "${field}" is missing or not usable.`, { facts: { field } })
}
