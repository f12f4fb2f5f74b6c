// Original file: proto/fingerpost/core/v1/core.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchChangesRequest {
  'afterSequence'?: (number | string | Long);
}

export interface WatchChangesRequest__Output {
  'afterSequence': (number);
}
