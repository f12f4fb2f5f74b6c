// Original file: proto/fingerpost/core/v1/core.proto


export interface AcknowledgeChangesResponse {
}

export interface AcknowledgeChangesResponse__Output {
}
