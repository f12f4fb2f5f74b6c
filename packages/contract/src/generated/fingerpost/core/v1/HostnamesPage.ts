// Original file: proto/fingerpost/core/v1/core.proto

import type { HostnameState as _fingerpost_core_v1_HostnameState, HostnameState__Output as _fingerpost_core_v1_HostnameState__Output } from '../../../fingerpost/core/v1/HostnameState.ts';
import type { Long } from '@grpc/proto-loader';

export interface HostnamesPage {
  'sequence'?: (number | string | Long);
  'hostnames'?: (_fingerpost_core_v1_HostnameState)[];
  'isLast'?: (boolean);
}

export interface HostnamesPage__Output {
  'sequence': (number);
  'hostnames': (_fingerpost_core_v1_HostnameState__Output)[];
  'isLast': (boolean);
}
