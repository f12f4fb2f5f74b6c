// Original file: proto/fingerpost/core/v1/core.proto


// Original file: proto/fingerpost/core/v1/core.proto

export const _fingerpost_core_v1_RecordCheckResponse_Outcome = {
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  OUTCOME_APPLIED: 'OUTCOME_APPLIED',
  OUTCOME_HOSTNAME_IN_USE: 'OUTCOME_HOSTNAME_IN_USE',
  OUTCOME_SUPERSEDED: 'OUTCOME_SUPERSEDED',
} as const;

export type _fingerpost_core_v1_RecordCheckResponse_Outcome =
  | 'OUTCOME_UNSPECIFIED'
  | 0
  | 'OUTCOME_APPLIED'
  | 1
  | 'OUTCOME_HOSTNAME_IN_USE'
  | 2
  | 'OUTCOME_SUPERSEDED'
  | 3

export type _fingerpost_core_v1_RecordCheckResponse_Outcome__Output = typeof _fingerpost_core_v1_RecordCheckResponse_Outcome[keyof typeof _fingerpost_core_v1_RecordCheckResponse_Outcome]

export interface RecordCheckResponse {
  'outcome'?: (_fingerpost_core_v1_RecordCheckResponse_Outcome);
}

export interface RecordCheckResponse__Output {
  'outcome': (_fingerpost_core_v1_RecordCheckResponse_Outcome__Output);
}
