// Original file: proto/fingerpost/core/v1/core.proto


export interface Heartbeat {
}

export interface Heartbeat__Output {
}
