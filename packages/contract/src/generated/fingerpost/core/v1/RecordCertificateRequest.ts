// Original file: proto/fingerpost/core/v1/core.proto

import type { SeenCertificate as _fingerpost_core_v1_SeenCertificate, SeenCertificate__Output as _fingerpost_core_v1_SeenCertificate__Output } from '../../../fingerpost/core/v1/SeenCertificate.ts';
import type { CertificateIssuing as _fingerpost_core_v1_CertificateIssuing, CertificateIssuing__Output as _fingerpost_core_v1_CertificateIssuing__Output } from '../../../fingerpost/core/v1/CertificateIssuing.ts';
import type { CertificateIssued as _fingerpost_core_v1_CertificateIssued, CertificateIssued__Output as _fingerpost_core_v1_CertificateIssued__Output } from '../../../fingerpost/core/v1/CertificateIssued.ts';
import type { CertificateFailed as _fingerpost_core_v1_CertificateFailed, CertificateFailed__Output as _fingerpost_core_v1_CertificateFailed__Output } from '../../../fingerpost/core/v1/CertificateFailed.ts';
import type { Evidence as _fingerpost_core_v1_Evidence, Evidence__Output as _fingerpost_core_v1_Evidence__Output } from '../../../fingerpost/core/v1/Evidence.ts';
import type { Long } from '@grpc/proto-loader';

export interface RecordCertificateRequest {
  'hostname'?: (string);
  'seenAtMs'?: (number | string | Long);
  'seen'?: (_fingerpost_core_v1_SeenCertificate | null);
  'issuing'?: (_fingerpost_core_v1_CertificateIssuing | null);
  'issued'?: (_fingerpost_core_v1_CertificateIssued | null);
  'failed'?: (_fingerpost_core_v1_CertificateFailed | null);
  'evidence'?: (_fingerpost_core_v1_Evidence)[];
  'news'?: "seen"|"issuing"|"issued"|"failed";
}

export interface RecordCertificateRequest__Output {
  'hostname': (string);
  'seenAtMs': (number);
  'seen'?: (_fingerpost_core_v1_SeenCertificate__Output | null);
  'issuing'?: (_fingerpost_core_v1_CertificateIssuing__Output | null);
  'issued'?: (_fingerpost_core_v1_CertificateIssued__Output | null);
  'failed'?: (_fingerpost_core_v1_CertificateFailed__Output | null);
  'evidence': (_fingerpost_core_v1_Evidence__Output)[];
  'news'?: "seen"|"issuing"|"issued"|"failed";
}
