// Original file: proto/fingerpost/core/v1/core.proto


export interface ClaimDueDomainsRequest {
  'workerId'?: (string);
  'limit'?: (number);
  'leaseMs'?: (number);
}

export interface ClaimDueDomainsRequest__Output {
  'workerId': (string);
  'limit': (number);
  'leaseMs': (number);
}
