// Original file: proto/fingerpost/core/v1/core.proto

import type { WebhookEndpoint as _fingerpost_core_v1_WebhookEndpoint, WebhookEndpoint__Output as _fingerpost_core_v1_WebhookEndpoint__Output } from '../../../fingerpost/core/v1/WebhookEndpoint.ts';
import type { Long } from '@grpc/proto-loader';

export interface Delivery {
  'id'?: (string);
  'lease'?: (string);
  'noticeId'?: (string);
  'event'?: (string);
  'payload'?: (string);
  'createdAtMs'?: (number | string | Long);
  'attempts'?: (number);
  'webhook'?: (_fingerpost_core_v1_WebhookEndpoint | null);
  'mailAddress'?: (string);
  'to'?: "webhook"|"mailAddress";
}

export interface Delivery__Output {
  'id': (string);
  'lease': (string);
  'noticeId': (string);
  'event': (string);
  'payload': (string);
  'createdAtMs': (number);
  'attempts': (number);
  'webhook'?: (_fingerpost_core_v1_WebhookEndpoint__Output | null);
  'mailAddress'?: (string);
  'to'?: "webhook"|"mailAddress";
}
