// Original file: proto/fingerpost/core/v1/core.proto

import type { Delivery as _fingerpost_core_v1_Delivery, Delivery__Output as _fingerpost_core_v1_Delivery__Output } from '../../../fingerpost/core/v1/Delivery.ts';

export interface ClaimDeliveriesResponse {
  'deliveries'?: (_fingerpost_core_v1_Delivery)[];
}

export interface ClaimDeliveriesResponse__Output {
  'deliveries': (_fingerpost_core_v1_Delivery__Output)[];
}
