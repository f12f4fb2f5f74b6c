// Original file: proto/fingerpost/core/v1/core.proto

import type { DueDomain as _fingerpost_core_v1_DueDomain, DueDomain__Output as _fingerpost_core_v1_DueDomain__Output } from '../../../fingerpost/core/v1/DueDomain.ts';

export interface ClaimDueDomainsResponse {
  'domains'?: (_fingerpost_core_v1_DueDomain)[];
}

export interface ClaimDueDomainsResponse__Output {
  'domains': (_fingerpost_core_v1_DueDomain__Output)[];
}
