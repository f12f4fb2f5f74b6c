// Original file: proto/fingerpost/core/v1/core.proto

import type { ClickCount as _fingerpost_core_v1_ClickCount, ClickCount__Output as _fingerpost_core_v1_ClickCount__Output } from '../../../fingerpost/core/v1/ClickCount.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecordClicksRequest {
  'source'?: (string);
  'number'?: (number | string | Long);
  'clicks'?: (_fingerpost_core_v1_ClickCount)[];
}

export interface RecordClicksRequest__Output {
  'source': (string);
  'number': (number);
  'clicks': (_fingerpost_core_v1_ClickCount__Output)[];
}
