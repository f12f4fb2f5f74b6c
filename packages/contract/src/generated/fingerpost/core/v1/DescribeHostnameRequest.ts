// Original file: proto/fingerpost/core/v1/core.proto


export interface DescribeHostnameRequest {
  'hostname'?: (string);
}

export interface DescribeHostnameRequest__Output {
  'hostname': (string);
}
