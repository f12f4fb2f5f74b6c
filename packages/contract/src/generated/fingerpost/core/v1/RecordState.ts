// Original file: proto/fingerpost/core/v1/core.proto

export const RecordState = {
  RECORD_STATE_UNSPECIFIED: 'RECORD_STATE_UNSPECIFIED',
  RECORD_STATE_MISSING: 'RECORD_STATE_MISSING',
  RECORD_STATE_FOUND: 'RECORD_STATE_FOUND',
  RECORD_STATE_WRONG: 'RECORD_STATE_WRONG',
  RECORD_STATE_UNKNOWN: 'RECORD_STATE_UNKNOWN',
} as const;

export type RecordState =
  | 'RECORD_STATE_UNSPECIFIED'
  | 0
  | 'RECORD_STATE_MISSING'
  | 1
  | 'RECORD_STATE_FOUND'
  | 2
  | 'RECORD_STATE_WRONG'
  | 3
  | 'RECORD_STATE_UNKNOWN'
  | 4

export type RecordState__Output = typeof RecordState[keyof typeof RecordState]
