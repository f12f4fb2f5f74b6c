// Original file: proto/fingerpost/core/v1/core.proto

import type { DomainStatus as _fingerpost_core_v1_DomainStatus, DomainStatus__Output as _fingerpost_core_v1_DomainStatus__Output } from '../../../fingerpost/core/v1/DomainStatus.ts';
import type { RecordObservation as _fingerpost_core_v1_RecordObservation, RecordObservation__Output as _fingerpost_core_v1_RecordObservation__Output } from '../../../fingerpost/core/v1/RecordObservation.ts';
import type { ProbeObservation as _fingerpost_core_v1_ProbeObservation, ProbeObservation__Output as _fingerpost_core_v1_ProbeObservation__Output } from '../../../fingerpost/core/v1/ProbeObservation.ts';
import type { CaaObservation as _fingerpost_core_v1_CaaObservation, CaaObservation__Output as _fingerpost_core_v1_CaaObservation__Output } from '../../../fingerpost/core/v1/CaaObservation.ts';
import type { CertificateFacts as _fingerpost_core_v1_CertificateFacts, CertificateFacts__Output as _fingerpost_core_v1_CertificateFacts__Output } from '../../../fingerpost/core/v1/CertificateFacts.ts';
import type { Rival as _fingerpost_core_v1_Rival, Rival__Output as _fingerpost_core_v1_Rival__Output } from '../../../fingerpost/core/v1/Rival.ts';
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
  'probe'?: (_fingerpost_core_v1_ProbeObservation | null);
  'caa'?: (_fingerpost_core_v1_CaaObservation | null);
  'certificate'?: (_fingerpost_core_v1_CertificateFacts | null);
  'holder'?: (_fingerpost_core_v1_Rival | null);
  'takeoverSeenAtMs'?: (number | string | Long);
  'isTombstone'?: (boolean);
  '_lossSeenAtMs'?: "lossSeenAtMs";
  '_graceEndsAtMs'?: "graceEndsAtMs";
  '_takeoverSeenAtMs'?: "takeoverSeenAtMs";
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
  'probe': (_fingerpost_core_v1_ProbeObservation__Output | null);
  'caa': (_fingerpost_core_v1_CaaObservation__Output | null);
  'certificate': (_fingerpost_core_v1_CertificateFacts__Output | null);
  'holder': (_fingerpost_core_v1_Rival__Output | null);
  'takeoverSeenAtMs'?: (number);
  'isTombstone': (boolean);
  '_lossSeenAtMs'?: "lossSeenAtMs";
  '_graceEndsAtMs'?: "graceEndsAtMs";
  '_takeoverSeenAtMs'?: "takeoverSeenAtMs";
}
