// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface SeenCertificate {
  'issuer'?: (string);
  'keyType'?: (string);
  'notBeforeMs'?: (number | string | Long);
  'notAfterMs'?: (number | string | Long);
}

export interface SeenCertificate__Output {
  'issuer': (string);
  'keyType': (string);
  'notBeforeMs': (number);
  'notAfterMs': (number);
}
