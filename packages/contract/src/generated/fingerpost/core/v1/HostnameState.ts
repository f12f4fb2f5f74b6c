// Original file: proto/fingerpost/core/v1/core.proto

import type { DomainStatus as _fingerpost_core_v1_DomainStatus, DomainStatus__Output as _fingerpost_core_v1_DomainStatus__Output } from '../../../fingerpost/core/v1/DomainStatus.ts';

export interface HostnameState {
  'hostname'?: (string);
  'status'?: (_fingerpost_core_v1_DomainStatus);
}

export interface HostnameState__Output {
  'hostname': (string);
  'status': (_fingerpost_core_v1_DomainStatus__Output);
}
