// Original file: proto/fingerpost/core/v1/core.proto

export const CertificateStatus = {
  CERTIFICATE_STATUS_UNSPECIFIED: 'CERTIFICATE_STATUS_UNSPECIFIED',
  CERTIFICATE_STATUS_ISSUING: 'CERTIFICATE_STATUS_ISSUING',
  CERTIFICATE_STATUS_ISSUED: 'CERTIFICATE_STATUS_ISSUED',
  CERTIFICATE_STATUS_FAILING: 'CERTIFICATE_STATUS_FAILING',
} as const;

export type CertificateStatus =
  | 'CERTIFICATE_STATUS_UNSPECIFIED'
  | 0
  | 'CERTIFICATE_STATUS_ISSUING'
  | 1
  | 'CERTIFICATE_STATUS_ISSUED'
  | 2
  | 'CERTIFICATE_STATUS_FAILING'
  | 3

export type CertificateStatus__Output = typeof CertificateStatus[keyof typeof CertificateStatus]
