// Original file: proto/fingerpost/core/v1/core.proto

import type { HostnameState as _fingerpost_core_v1_HostnameState, HostnameState__Output as _fingerpost_core_v1_HostnameState__Output } from '../../../fingerpost/core/v1/HostnameState.ts';

export interface CertificateChanged {
  'hostname'?: (_fingerpost_core_v1_HostnameState | null);
}

export interface CertificateChanged__Output {
  'hostname': (_fingerpost_core_v1_HostnameState__Output | null);
}
