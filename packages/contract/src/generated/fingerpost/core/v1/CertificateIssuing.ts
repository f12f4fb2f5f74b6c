// Original file: proto/fingerpost/core/v1/core.proto


export interface CertificateIssuing {
}

export interface CertificateIssuing__Output {
}
