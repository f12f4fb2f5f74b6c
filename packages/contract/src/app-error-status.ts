import { Metadata, status as GrpcStatus, type ServiceError, type StatusObject } from '@grpc/grpc-js'
import { AppError, ERROR_CODES, isErrorCode, type ErrorCode } from '@fingerpost/model/errors'

/** Metadata key that carries the error code of `@fingerpost/model/errors`. */
export const ERROR_CODE_KEY = 'fingerpost-error-code'

/**
 * Gives the gRPC status that answers a failed call. Anything but an `AppError`
 * is a bug: the caller learns nothing of it but `internal_error`.
 */
export function statusOfError(error: unknown): StatusObject {
  const code = error instanceof AppError ? error.code : 'internal_error'
  const grpcStatus: number = ERROR_CODES[code].grpcStatus
  const metadata = new Metadata()
  metadata.set(ERROR_CODE_KEY, code)
  return {
    code: isGrpcStatus(grpcStatus) ? grpcStatus : GrpcStatus.INTERNAL,
    details: error instanceof AppError ? error.message.toWellFormed() : 'Core failed.',
    metadata,
  }
}

/**
 * Gives the `AppError` of a call that failed with a gRPC status.
 *
 * The code in the metadata counts; without one the status came from gRPC
 * itself, not from core, and only tells apart whether core can be reached.
 */
export function errorOfStatus(error: ServiceError): AppError {
  const named = error.metadata.get(ERROR_CODE_KEY).at(0)
  if (typeof named === 'string' && isErrorCode(named)) {
    return new AppError(named, error.details, { cause: error })
  }
  const code = UNNAMED_CODES.get(error.code) ?? 'internal_error'
  return new AppError(code, UNNAMED_MESSAGES[code], { cause: error })
}

function isGrpcStatus(value: number): value is GrpcStatus {
  return value in GrpcStatus
}

const UNNAMED_CODES: ReadonlyMap<number, keyof typeof UNNAMED_MESSAGES> = new Map([
  [GrpcStatus.UNAVAILABLE, 'core_unavailable'],
  // Why: nobody here cancels a call whose answer is still wanted, so core did.
  [GrpcStatus.CANCELLED, 'core_unavailable'],
  [GrpcStatus.DEADLINE_EXCEEDED, 'core_overdue'],
  [GrpcStatus.UNAUTHENTICATED, 'token_invalid'],
])

const UNNAMED_MESSAGES = {
  core_unavailable: 'Core cannot be reached.',
  core_overdue: 'Core did not answer in time.',
  token_invalid: "Core does not accept this service's secret.",
  internal_error: 'Core gave an answer that cannot be used.',
} as const satisfies Partial<Record<ErrorCode, string>>
