// Original file: proto/fingerpost/core/v1/core.proto


export interface Rival {
  'domainId'?: (string);
  'verificationToken'?: (string);
}

export interface Rival__Output {
  'domainId': (string);
  'verificationToken': (string);
}
