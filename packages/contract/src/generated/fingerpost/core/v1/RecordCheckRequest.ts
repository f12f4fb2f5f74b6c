// Original file: proto/fingerpost/core/v1/core.proto

import type { Transition as _fingerpost_core_v1_Transition, Transition__Output as _fingerpost_core_v1_Transition__Output } from '../../../fingerpost/core/v1/Transition.ts';
import type { RecordObservation as _fingerpost_core_v1_RecordObservation, RecordObservation__Output as _fingerpost_core_v1_RecordObservation__Output } from '../../../fingerpost/core/v1/RecordObservation.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecordCheckRequest {
  'domainId'?: (string);
  'lease'?: (string);
  'expectedVersion'?: (number | string | Long);
  'transition'?: (_fingerpost_core_v1_Transition | null);
  'routing'?: (_fingerpost_core_v1_RecordObservation | null);
  'ownership'?: (_fingerpost_core_v1_RecordObservation | null);
  'reason'?: (string);
  'message'?: (string);
  'lossSeenAtMs'?: (number | string | Long);
  'graceEndsAtMs'?: (number | string | Long);
  'checkedAtMs'?: (number | string | Long);
  'nextCheckAtMs'?: (number | string | Long);
  '_lossSeenAtMs'?: "lossSeenAtMs";
  '_graceEndsAtMs'?: "graceEndsAtMs";
  '_nextCheckAtMs'?: "nextCheckAtMs";
}

export interface RecordCheckRequest__Output {
  'domainId': (string);
  'lease': (string);
  'expectedVersion': (number);
  'transition': (_fingerpost_core_v1_Transition__Output | null);
  'routing': (_fingerpost_core_v1_RecordObservation__Output | null);
  'ownership': (_fingerpost_core_v1_RecordObservation__Output | null);
  'reason': (string);
  'message': (string);
  'lossSeenAtMs'?: (number);
  'graceEndsAtMs'?: (number);
  'checkedAtMs': (number);
  'nextCheckAtMs'?: (number);
  '_lossSeenAtMs'?: "lossSeenAtMs";
  '_graceEndsAtMs'?: "graceEndsAtMs";
  '_nextCheckAtMs'?: "nextCheckAtMs";
}
