// Original file: proto/fingerpost/core/v1/core.proto


export interface Reset {
  'lineage'?: (string);
}

export interface Reset__Output {
  'lineage': (string);
}
