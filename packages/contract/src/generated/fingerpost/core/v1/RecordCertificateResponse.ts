// Original file: proto/fingerpost/core/v1/core.proto


export interface RecordCertificateResponse {
}

export interface RecordCertificateResponse__Output {
}
