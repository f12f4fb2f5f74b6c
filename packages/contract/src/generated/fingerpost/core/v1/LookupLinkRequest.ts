// Original file: proto/fingerpost/core/v1/core.proto


export interface LookupLinkRequest {
  'hostname'?: (string);
  'slug'?: (string);
}

export interface LookupLinkRequest__Output {
  'hostname': (string);
  'slug': (string);
}
