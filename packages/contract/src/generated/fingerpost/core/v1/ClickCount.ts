// Original file: proto/fingerpost/core/v1/core.proto

import type { VisitorKind as _fingerpost_core_v1_VisitorKind, VisitorKind__Output as _fingerpost_core_v1_VisitorKind__Output } from '../../../fingerpost/core/v1/VisitorKind.ts';
import type { DeviceClass as _fingerpost_core_v1_DeviceClass, DeviceClass__Output as _fingerpost_core_v1_DeviceClass__Output } from '../../../fingerpost/core/v1/DeviceClass.ts';
import type { Long } from '@grpc/proto-loader';

export interface ClickCount {
  'workspaceId'?: (string);
  'linkId'?: (string);
  'hourMs'?: (number | string | Long);
  'visitor'?: (_fingerpost_core_v1_VisitorKind);
  'device'?: (_fingerpost_core_v1_DeviceClass);
  'referrer'?: (string);
  'country'?: (string);
  'count'?: (number);
}

export interface ClickCount__Output {
  'workspaceId': (string);
  'linkId': (string);
  'hourMs': (number);
  'visitor': (_fingerpost_core_v1_VisitorKind__Output);
  'device': (_fingerpost_core_v1_DeviceClass__Output);
  'referrer': (string);
  'country': (string);
  'count': (number);
}
