// Original file: proto/fingerpost/core/v1/core.proto


export interface WebhookEndpoint {
  'url'?: (string);
  'secret'?: (string);
}

export interface WebhookEndpoint__Output {
  'url': (string);
  'secret': (string);
}
