// Original file: proto/fingerpost/core/v1/core.proto

import type { DomainStatus as _fingerpost_core_v1_DomainStatus, DomainStatus__Output as _fingerpost_core_v1_DomainStatus__Output } from '../../../fingerpost/core/v1/DomainStatus.ts';
import type { RecordObservation as _fingerpost_core_v1_RecordObservation, RecordObservation__Output as _fingerpost_core_v1_RecordObservation__Output } from '../../../fingerpost/core/v1/RecordObservation.ts';
import type { Long } from '@grpc/proto-loader';

export interface DueDomain {
  'id'?: (string);
  'workspaceId'?: (string);
  'hostname'?: (string);
  'status'?: (_fingerpost_core_v1_DomainStatus);
  'statusSinceMs'?: (number | string | Long);
  'version'?: (number | string | Long);
  'cnameTarget'?: (string);
  'verificationToken'?: (string);
  'fastUntilMs'?: (number | string | Long);
  'quietChecks'?: (number);
  'lossSeenAtMs'?: (number | string | Long);
  'graceEndsAtMs'?: (number | string | Long);
  'routing'?: (_fingerpost_core_v1_RecordObservation | null);
  'ownership'?: (_fingerpost_core_v1_RecordObservation | null);
  'lease'?: (string);
  'dueAtMs'?: (number | string | Long);
  '_lossSeenAtMs'?: "lossSeenAtMs";
  '_graceEndsAtMs'?: "graceEndsAtMs";
}

export interface DueDomain__Output {
  'id': (string);
  'workspaceId': (string);
  'hostname': (string);
  'status': (_fingerpost_core_v1_DomainStatus__Output);
  'statusSinceMs': (number);
  'version': (number);
  'cnameTarget': (string);
  'verificationToken': (string);
  'fastUntilMs': (number);
  'quietChecks': (number);
  'lossSeenAtMs'?: (number);
  'graceEndsAtMs'?: (number);
  'routing': (_fingerpost_core_v1_RecordObservation__Output | null);
  'ownership': (_fingerpost_core_v1_RecordObservation__Output | null);
  'lease': (string);
  'dueAtMs': (number);
  '_lossSeenAtMs'?: "lossSeenAtMs";
  '_graceEndsAtMs'?: "graceEndsAtMs";
}
