// Original file: proto/fingerpost/core/v1/core.proto


export interface DescribeHostnameResponse {
  'report'?: (string);
  '_report'?: "report";
}

export interface DescribeHostnameResponse__Output {
  'report'?: (string);
  '_report'?: "report";
}
