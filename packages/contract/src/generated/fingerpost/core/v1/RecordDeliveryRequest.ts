// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface RecordDeliveryRequest {
  'deliveryId'?: (string);
  'lease'?: (string);
  'isDelivered'?: (boolean);
  'error'?: (string);
  'httpStatus'?: (number);
  'nextAttemptAtMs'?: (number | string | Long);
  'disablesEndpoint'?: (boolean);
  '_httpStatus'?: "httpStatus";
  '_nextAttemptAtMs'?: "nextAttemptAtMs";
}

export interface RecordDeliveryRequest__Output {
  'deliveryId': (string);
  'lease': (string);
  'isDelivered': (boolean);
  'error': (string);
  'httpStatus'?: (number);
  'nextAttemptAtMs'?: (number);
  'disablesEndpoint': (boolean);
  '_httpStatus'?: "httpStatus";
  '_nextAttemptAtMs'?: "nextAttemptAtMs";
}
