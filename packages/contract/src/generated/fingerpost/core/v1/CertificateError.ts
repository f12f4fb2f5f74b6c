// Original file: proto/fingerpost/core/v1/core.proto


export interface CertificateError {
  'code'?: (string);
  'message'?: (string);
}

export interface CertificateError__Output {
  'code': (string);
  'message': (string);
}
