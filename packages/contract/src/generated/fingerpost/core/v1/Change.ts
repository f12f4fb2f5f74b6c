// Original file: proto/fingerpost/core/v1/core.proto

import type { HostnameChanged as _fingerpost_core_v1_HostnameChanged, HostnameChanged__Output as _fingerpost_core_v1_HostnameChanged__Output } from '../../../fingerpost/core/v1/HostnameChanged.ts';
import type { LinkChanged as _fingerpost_core_v1_LinkChanged, LinkChanged__Output as _fingerpost_core_v1_LinkChanged__Output } from '../../../fingerpost/core/v1/LinkChanged.ts';
import type { Reset as _fingerpost_core_v1_Reset, Reset__Output as _fingerpost_core_v1_Reset__Output } from '../../../fingerpost/core/v1/Reset.ts';
import type { Heartbeat as _fingerpost_core_v1_Heartbeat, Heartbeat__Output as _fingerpost_core_v1_Heartbeat__Output } from '../../../fingerpost/core/v1/Heartbeat.ts';
import type { CertificateChanged as _fingerpost_core_v1_CertificateChanged, CertificateChanged__Output as _fingerpost_core_v1_CertificateChanged__Output } from '../../../fingerpost/core/v1/CertificateChanged.ts';
import type { Long } from '@grpc/proto-loader';

export interface Change {
  'sequence'?: (number | string | Long);
  'hostnameChanged'?: (_fingerpost_core_v1_HostnameChanged | null);
  'linkChanged'?: (_fingerpost_core_v1_LinkChanged | null);
  'reset'?: (_fingerpost_core_v1_Reset | null);
  'heartbeat'?: (_fingerpost_core_v1_Heartbeat | null);
  'committedAtMs'?: (number | string | Long);
  'certificateChanged'?: (_fingerpost_core_v1_CertificateChanged | null);
  'kind'?: "hostnameChanged"|"linkChanged"|"reset"|"heartbeat"|"certificateChanged";
}

export interface Change__Output {
  'sequence': (number);
  'hostnameChanged'?: (_fingerpost_core_v1_HostnameChanged__Output | null);
  'linkChanged'?: (_fingerpost_core_v1_LinkChanged__Output | null);
  'reset'?: (_fingerpost_core_v1_Reset__Output | null);
  'heartbeat'?: (_fingerpost_core_v1_Heartbeat__Output | null);
  'committedAtMs': (number);
  'certificateChanged'?: (_fingerpost_core_v1_CertificateChanged__Output | null);
  'kind'?: "hostnameChanged"|"linkChanged"|"reset"|"heartbeat"|"certificateChanged";
}
