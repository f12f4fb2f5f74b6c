// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface CaaObservation {
  'state'?: (string);
  'message'?: (string);
  'fix'?: (string);
  'checkedAtMs'?: (number | string | Long);
  '_fix'?: "fix";
  '_checkedAtMs'?: "checkedAtMs";
}

export interface CaaObservation__Output {
  'state': (string);
  'message': (string);
  'fix'?: (string);
  'checkedAtMs'?: (number);
  '_fix'?: "fix";
  '_checkedAtMs'?: "checkedAtMs";
}
