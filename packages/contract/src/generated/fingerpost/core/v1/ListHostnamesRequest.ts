// Original file: proto/fingerpost/core/v1/core.proto


export interface ListHostnamesRequest {
}

export interface ListHostnamesRequest__Output {
}
