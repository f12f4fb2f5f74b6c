// Original file: proto/fingerpost/core/v1/core.proto


export interface RecordClicksResponse {
}

export interface RecordClicksResponse__Output {
}
