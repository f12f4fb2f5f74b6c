// Original file: proto/fingerpost/core/v1/core.proto

import type { Transition as _fingerpost_core_v1_Transition, Transition__Output as _fingerpost_core_v1_Transition__Output } from '../../../fingerpost/core/v1/Transition.ts';
import type { RecordObservation as _fingerpost_core_v1_RecordObservation, RecordObservation__Output as _fingerpost_core_v1_RecordObservation__Output } from '../../../fingerpost/core/v1/RecordObservation.ts';
import type { ProbeObservation as _fingerpost_core_v1_ProbeObservation, ProbeObservation__Output as _fingerpost_core_v1_ProbeObservation__Output } from '../../../fingerpost/core/v1/ProbeObservation.ts';
import type { CaaObservation as _fingerpost_core_v1_CaaObservation, CaaObservation__Output as _fingerpost_core_v1_CaaObservation__Output } from '../../../fingerpost/core/v1/CaaObservation.ts';
import type { Evidence as _fingerpost_core_v1_Evidence, Evidence__Output as _fingerpost_core_v1_Evidence__Output } from '../../../fingerpost/core/v1/Evidence.ts';
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
  'probe'?: (_fingerpost_core_v1_ProbeObservation | null);
  'caa'?: (_fingerpost_core_v1_CaaObservation | null);
  'evidence'?: (_fingerpost_core_v1_Evidence)[];
  'takeoverSeenAtMs'?: (number | string | Long);
  'reminders'?: (string)[];
  '_lossSeenAtMs'?: "lossSeenAtMs";
  '_graceEndsAtMs'?: "graceEndsAtMs";
  '_nextCheckAtMs'?: "nextCheckAtMs";
  '_takeoverSeenAtMs'?: "takeoverSeenAtMs";
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
  'probe': (_fingerpost_core_v1_ProbeObservation__Output | null);
  'caa': (_fingerpost_core_v1_CaaObservation__Output | null);
  'evidence': (_fingerpost_core_v1_Evidence__Output)[];
  'takeoverSeenAtMs'?: (number);
  'reminders': (string)[];
  '_lossSeenAtMs'?: "lossSeenAtMs";
  '_graceEndsAtMs'?: "graceEndsAtMs";
  '_nextCheckAtMs'?: "nextCheckAtMs";
  '_takeoverSeenAtMs'?: "takeoverSeenAtMs";
}
