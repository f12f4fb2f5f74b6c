// Original file: proto/fingerpost/core/v1/core.proto

import type { VisitorKind as _fingerpost_core_v1_VisitorKind, VisitorKind__Output as _fingerpost_core_v1_VisitorKind__Output } from '../../../fingerpost/core/v1/VisitorKind.ts';
import type { DeviceClass as _fingerpost_core_v1_DeviceClass, DeviceClass__Output as _fingerpost_core_v1_DeviceClass__Output } from '../../../fingerpost/core/v1/DeviceClass.ts';
import type { Long } from '@grpc/proto-loader';

export interface ClickColumns {
  'workspaceIds'?: (string)[];
  'hoursMs'?: (number | string | Long)[];
  'referrers'?: (string)[];
  'countries'?: (string)[];
  'rowLinkId'?: (string)[];
  'rowWorkspace'?: (number)[];
  'rowHour'?: (number)[];
  'rowVisitor'?: (_fingerpost_core_v1_VisitorKind)[];
  'rowDevice'?: (_fingerpost_core_v1_DeviceClass)[];
  'rowReferrer'?: (number)[];
  'rowCountry'?: (number)[];
  'rowCount'?: (number)[];
}

export interface ClickColumns__Output {
  'workspaceIds': (string)[];
  'hoursMs': (number)[];
  'referrers': (string)[];
  'countries': (string)[];
  'rowLinkId': (string)[];
  'rowWorkspace': (number)[];
  'rowHour': (number)[];
  'rowVisitor': (_fingerpost_core_v1_VisitorKind__Output)[];
  'rowDevice': (_fingerpost_core_v1_DeviceClass__Output)[];
  'rowReferrer': (number)[];
  'rowCountry': (number)[];
  'rowCount': (number)[];
}
