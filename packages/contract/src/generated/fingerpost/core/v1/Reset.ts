// Original file: proto/fingerpost/core/v1/core.proto


export interface Reset {
}

export interface Reset__Output {
}
