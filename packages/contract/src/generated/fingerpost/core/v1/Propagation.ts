// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface Propagation {
  'untilMs'?: (number | string | Long);
  'servers'?: (string)[];
  '_untilMs'?: "untilMs";
}

export interface Propagation__Output {
  'untilMs'?: (number);
  'servers': (string)[];
  '_untilMs'?: "untilMs";
}
