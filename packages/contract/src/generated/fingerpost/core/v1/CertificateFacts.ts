// Original file: proto/fingerpost/core/v1/core.proto

import type { CertificateStatus as _fingerpost_core_v1_CertificateStatus, CertificateStatus__Output as _fingerpost_core_v1_CertificateStatus__Output } from '../../../fingerpost/core/v1/CertificateStatus.ts';
import type { SeenCertificate as _fingerpost_core_v1_SeenCertificate, SeenCertificate__Output as _fingerpost_core_v1_SeenCertificate__Output } from '../../../fingerpost/core/v1/SeenCertificate.ts';
import type { CertificateError as _fingerpost_core_v1_CertificateError, CertificateError__Output as _fingerpost_core_v1_CertificateError__Output } from '../../../fingerpost/core/v1/CertificateError.ts';
import type { Long } from '@grpc/proto-loader';

export interface CertificateFacts {
  'status'?: (_fingerpost_core_v1_CertificateStatus);
  'seen'?: (_fingerpost_core_v1_SeenCertificate | null);
  'error'?: (_fingerpost_core_v1_CertificateError | null);
  'nextAttemptAtMs'?: (number | string | Long);
  'checkedAtMs'?: (number | string | Long);
  '_nextAttemptAtMs'?: "nextAttemptAtMs";
  '_checkedAtMs'?: "checkedAtMs";
}

export interface CertificateFacts__Output {
  'status': (_fingerpost_core_v1_CertificateStatus__Output);
  'seen': (_fingerpost_core_v1_SeenCertificate__Output | null);
  'error': (_fingerpost_core_v1_CertificateError__Output | null);
  'nextAttemptAtMs'?: (number);
  'checkedAtMs'?: (number);
  '_nextAttemptAtMs'?: "nextAttemptAtMs";
  '_checkedAtMs'?: "checkedAtMs";
}
