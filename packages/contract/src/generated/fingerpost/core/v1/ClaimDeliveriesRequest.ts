// Original file: proto/fingerpost/core/v1/core.proto


export interface ClaimDeliveriesRequest {
  'workerId'?: (string);
  'limit'?: (number);
  'leaseMs'?: (number);
}

export interface ClaimDeliveriesRequest__Output {
  'workerId': (string);
  'limit': (number);
  'leaseMs': (number);
}
