// Original file: proto/fingerpost/core/v1/core.proto

import type { DomainStatus as _fingerpost_core_v1_DomainStatus, DomainStatus__Output as _fingerpost_core_v1_DomainStatus__Output } from '../../../fingerpost/core/v1/DomainStatus.ts';

export interface Transition {
  'to'?: (_fingerpost_core_v1_DomainStatus);
  'reason'?: (string);
  'message'?: (string);
  'takesOverFrom'?: (string);
  '_takesOverFrom'?: "takesOverFrom";
}

export interface Transition__Output {
  'to': (_fingerpost_core_v1_DomainStatus__Output);
  'reason': (string);
  'message': (string);
  'takesOverFrom'?: (string);
  '_takesOverFrom'?: "takesOverFrom";
}
