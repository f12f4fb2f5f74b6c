// Original file: proto/fingerpost/core/v1/core.proto


export interface CertificateIssued {
}

export interface CertificateIssued__Output {
}
