// Original file: proto/fingerpost/core/v1/core.proto


export interface LinkChanged {
  'hostname'?: (string);
  'slug'?: (string);
}

export interface LinkChanged__Output {
  'hostname': (string);
  'slug': (string);
}
