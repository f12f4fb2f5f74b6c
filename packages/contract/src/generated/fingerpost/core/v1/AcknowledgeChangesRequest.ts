// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface AcknowledgeChangesRequest {
  'edgeId'?: (string);
  'sequence'?: (number | string | Long);
}

export interface AcknowledgeChangesRequest__Output {
  'edgeId': (string);
  'sequence': (number);
}
