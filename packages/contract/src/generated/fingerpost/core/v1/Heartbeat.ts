// Original file: proto/fingerpost/core/v1/core.proto


export interface Heartbeat {
  'lineage'?: (string);
}

export interface Heartbeat__Output {
  'lineage': (string);
}
