// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface Evidence {
  'role'?: (string);
  'server'?: (string);
  'question'?: (string);
  'outcome'?: (string);
  'values'?: (string)[];
  'ttlS'?: (number);
  'atMs'?: (number | string | Long);
  '_ttlS'?: "ttlS";
}

export interface Evidence__Output {
  'role': (string);
  'server': (string);
  'question': (string);
  'outcome': (string);
  'values': (string)[];
  'ttlS'?: (number);
  'atMs': (number);
  '_ttlS'?: "ttlS";
}
