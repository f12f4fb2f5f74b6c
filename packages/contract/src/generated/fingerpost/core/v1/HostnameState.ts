// Original file: proto/fingerpost/core/v1/core.proto

import type { DomainStatus as _fingerpost_core_v1_DomainStatus, DomainStatus__Output as _fingerpost_core_v1_DomainStatus__Output } from '../../../fingerpost/core/v1/DomainStatus.ts';
import type { CertificateStatus as _fingerpost_core_v1_CertificateStatus, CertificateStatus__Output as _fingerpost_core_v1_CertificateStatus__Output } from '../../../fingerpost/core/v1/CertificateStatus.ts';
import type { Long } from '@grpc/proto-loader';

export interface HostnameState {
  'hostname'?: (string);
  'status'?: (_fingerpost_core_v1_DomainStatus);
  'certificate'?: (_fingerpost_core_v1_CertificateStatus);
  'mayHoldUntilMs'?: (number | string | Long);
  '_mayHoldUntilMs'?: "mayHoldUntilMs";
}

export interface HostnameState__Output {
  'hostname': (string);
  'status': (_fingerpost_core_v1_DomainStatus__Output);
  'certificate': (_fingerpost_core_v1_CertificateStatus__Output);
  'mayHoldUntilMs'?: (number);
  '_mayHoldUntilMs'?: "mayHoldUntilMs";
}
