// Original file: proto/fingerpost/core/v1/core.proto

import type { Domain as _fingerpost_core_v1_Domain, Domain__Output as _fingerpost_core_v1_Domain__Output } from '../../../fingerpost/core/v1/Domain.ts';
import type { Link as _fingerpost_core_v1_Link, Link__Output as _fingerpost_core_v1_Link__Output } from '../../../fingerpost/core/v1/Link.ts';
import type { Long } from '@grpc/proto-loader';

export interface LookupLinkResponse {
  'sequence'?: (number | string | Long);
  'domain'?: (_fingerpost_core_v1_Domain | null);
  'link'?: (_fingerpost_core_v1_Link | null);
  'lineage'?: (string);
}

export interface LookupLinkResponse__Output {
  'sequence': (number);
  'domain': (_fingerpost_core_v1_Domain__Output | null);
  'link': (_fingerpost_core_v1_Link__Output | null);
  'lineage': (string);
}
