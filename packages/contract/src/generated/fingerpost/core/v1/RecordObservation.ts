// Original file: proto/fingerpost/core/v1/core.proto

import type { RecordState as _fingerpost_core_v1_RecordState, RecordState__Output as _fingerpost_core_v1_RecordState__Output } from '../../../fingerpost/core/v1/RecordState.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecordObservation {
  'state'?: (_fingerpost_core_v1_RecordState);
  'found'?: (string)[];
  'checkedAtMs'?: (number | string | Long);
  '_checkedAtMs'?: "checkedAtMs";
}

export interface RecordObservation__Output {
  'state': (_fingerpost_core_v1_RecordState__Output);
  'found': (string)[];
  'checkedAtMs'?: (number);
  '_checkedAtMs'?: "checkedAtMs";
}
