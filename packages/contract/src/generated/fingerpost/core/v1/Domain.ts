// Original file: proto/fingerpost/core/v1/core.proto

import type { DomainStatus as _fingerpost_core_v1_DomainStatus, DomainStatus__Output as _fingerpost_core_v1_DomainStatus__Output } from '../../../fingerpost/core/v1/DomainStatus.ts';
import type { Long } from '@grpc/proto-loader';

export interface Domain {
  'id'?: (string);
  'workspaceId'?: (string);
  'hostname'?: (string);
  'status'?: (_fingerpost_core_v1_DomainStatus);
  'rootUrl'?: (string);
  'notFoundUrl'?: (string);
  'version'?: (number | string | Long);
  'ignoresPrivacySignals'?: (boolean);
  'redirectsTo'?: (string);
  '_rootUrl'?: "rootUrl";
  '_notFoundUrl'?: "notFoundUrl";
  '_redirectsTo'?: "redirectsTo";
}

export interface Domain__Output {
  'id': (string);
  'workspaceId': (string);
  'hostname': (string);
  'status': (_fingerpost_core_v1_DomainStatus__Output);
  'rootUrl'?: (string);
  'notFoundUrl'?: (string);
  'version': (number);
  'ignoresPrivacySignals': (boolean);
  'redirectsTo'?: (string);
  '_rootUrl'?: "rootUrl";
  '_notFoundUrl'?: "notFoundUrl";
  '_redirectsTo'?: "redirectsTo";
}
