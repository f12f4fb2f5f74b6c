// Original file: proto/fingerpost/core/v1/core.proto

import type { ClickColumns as _fingerpost_core_v1_ClickColumns, ClickColumns__Output as _fingerpost_core_v1_ClickColumns__Output } from '../../../fingerpost/core/v1/ClickColumns.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecordClicksRequest {
  'source'?: (string);
  'number'?: (number | string | Long);
  'clicks'?: (_fingerpost_core_v1_ClickColumns | null);
}

export interface RecordClicksRequest__Output {
  'source': (string);
  'number': (number);
  'clicks': (_fingerpost_core_v1_ClickColumns__Output | null);
}
