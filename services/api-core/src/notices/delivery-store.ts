import type { ClaimRequest, Delivery, DeliveryRecord } from '@fingerpost/contract/core-api'
import type { WriteDeps } from '../database/transaction.ts'

/** Leases deliveries that are due, the most overdue first. */
export async function claimDeliveries(
  _request: ClaimRequest,
  _deps: WriteDeps,
): Promise<readonly Delivery[]> {
  return []
}

/** Stores how an attempt to deliver went. */
export async function recordDelivery(_record: DeliveryRecord, _deps: WriteDeps): Promise<void> {}
