// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface ProbeObservation {
  'state'?: (string);
  'message'?: (string);
  'checkedAtMs'?: (number | string | Long);
  '_checkedAtMs'?: "checkedAtMs";
}

export interface ProbeObservation__Output {
  'state': (string);
  'message': (string);
  'checkedAtMs'?: (number);
  '_checkedAtMs'?: "checkedAtMs";
}
