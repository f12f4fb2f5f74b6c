// Original file: proto/fingerpost/core/v1/core.proto

import type { CertificateError as _fingerpost_core_v1_CertificateError, CertificateError__Output as _fingerpost_core_v1_CertificateError__Output } from '../../../fingerpost/core/v1/CertificateError.ts';
import type { Long } from '@grpc/proto-loader';

export interface CertificateFailed {
  'error'?: (_fingerpost_core_v1_CertificateError | null);
  'nextAttemptAtMs'?: (number | string | Long);
  '_nextAttemptAtMs'?: "nextAttemptAtMs";
}

export interface CertificateFailed__Output {
  'error': (_fingerpost_core_v1_CertificateError__Output | null);
  'nextAttemptAtMs'?: (number);
  '_nextAttemptAtMs'?: "nextAttemptAtMs";
}
