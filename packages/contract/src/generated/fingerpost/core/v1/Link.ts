// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface Link {
  'id'?: (string);
  'slug'?: (string);
  'destinationUrl'?: (string);
  'redirectStatus'?: (number);
  'expiresAtMs'?: (number | string | Long);
  'isDisabled'?: (boolean);
  'version'?: (number | string | Long);
  '_expiresAtMs'?: "expiresAtMs";
}

export interface Link__Output {
  'id': (string);
  'slug': (string);
  'destinationUrl': (string);
  'redirectStatus': (number);
  'expiresAtMs'?: (number);
  'isDisabled': (boolean);
  'version': (number);
  '_expiresAtMs'?: "expiresAtMs";
}
