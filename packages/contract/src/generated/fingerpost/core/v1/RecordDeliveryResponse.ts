// Original file: proto/fingerpost/core/v1/core.proto


export interface RecordDeliveryResponse {
}

export interface RecordDeliveryResponse__Output {
}
