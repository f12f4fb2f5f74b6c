// Original file: proto/fingerpost/core/v1/core.proto

import type { RecordState as _fingerpost_core_v1_RecordState, RecordState__Output as _fingerpost_core_v1_RecordState__Output } from '../../../fingerpost/core/v1/RecordState.ts';
import type { Propagation as _fingerpost_core_v1_Propagation, Propagation__Output as _fingerpost_core_v1_Propagation__Output } from '../../../fingerpost/core/v1/Propagation.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecordObservation {
  'state'?: (_fingerpost_core_v1_RecordState);
  'found'?: (string)[];
  'checkedAtMs'?: (number | string | Long);
  'hint'?: (string);
  'propagation'?: (_fingerpost_core_v1_Propagation | null);
  '_checkedAtMs'?: "checkedAtMs";
  '_hint'?: "hint";
}

export interface RecordObservation__Output {
  'state': (_fingerpost_core_v1_RecordState__Output);
  'found': (string)[];
  'checkedAtMs'?: (number);
  'hint'?: (string);
  'propagation': (_fingerpost_core_v1_Propagation__Output | null);
  '_checkedAtMs'?: "checkedAtMs";
  '_hint'?: "hint";
}
