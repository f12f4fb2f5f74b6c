// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchChangesRequest {
  'afterSequence'?: (number | string | Long);
  'lineage'?: (string);
  'edgeId'?: (string);
  'fromOldest'?: (boolean);
}

export interface WatchChangesRequest__Output {
  'afterSequence': (number);
  'lineage': (string);
  'edgeId': (string);
  'fromOldest': (boolean);
}
