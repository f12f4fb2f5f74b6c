/**
 * What each error code means at the two boundaries it can cross: HTTP (RFC 9110
 * status) and gRPC (canonical status code). A retired code is never used again.
 *
 * `retryable` says that the same call may succeed later without being changed.
 */
export const ERROR_CODES = {
  body_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  body_not_json: { httpStatus: 400, grpcStatus: 3, retryable: false },
  query_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  cursor_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  header_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  hostname_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  slug_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  slug_reserved: { httpStatus: 400, grpcStatus: 3, retryable: false },
  destination_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  destination_loops: { httpStatus: 400, grpcStatus: 3, retryable: false },
  webhook_url_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  email_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  idempotency_key_invalid: { httpStatus: 400, grpcStatus: 3, retryable: false },
  token_missing: { httpStatus: 401, grpcStatus: 16, retryable: false },
  token_invalid: { httpStatus: 401, grpcStatus: 16, retryable: false },
  scope_missing: { httpStatus: 403, grpcStatus: 7, retryable: false },
  operator_required: { httpStatus: 403, grpcStatus: 7, retryable: false },
  path_not_found: { httpStatus: 404, grpcStatus: 12, retryable: false },
  workspace_not_found: { httpStatus: 404, grpcStatus: 5, retryable: false },
  token_not_found: { httpStatus: 404, grpcStatus: 5, retryable: false },
  domain_not_found: { httpStatus: 404, grpcStatus: 5, retryable: false },
  group_not_found: { httpStatus: 404, grpcStatus: 5, retryable: false },
  link_not_found: { httpStatus: 404, grpcStatus: 5, retryable: false },
  webhook_not_found: { httpStatus: 404, grpcStatus: 5, retryable: false },
  recipient_not_found: { httpStatus: 404, grpcStatus: 5, retryable: false },
  notice_not_found: { httpStatus: 404, grpcStatus: 5, retryable: false },
  method_not_allowed: { httpStatus: 405, grpcStatus: 12, retryable: false },
  hostname_taken: { httpStatus: 409, grpcStatus: 6, retryable: false },
  domain_in_group: { httpStatus: 409, grpcStatus: 9, retryable: false },
  domain_not_in_group: { httpStatus: 409, grpcStatus: 9, retryable: false },
  domain_is_primary: { httpStatus: 409, grpcStatus: 9, retryable: false },
  slug_taken: { httpStatus: 409, grpcStatus: 6, retryable: false },
  recipient_taken: { httpStatus: 409, grpcStatus: 6, retryable: false },
  webhook_disabled: { httpStatus: 409, grpcStatus: 9, retryable: false },
  idempotency_key_spent: { httpStatus: 409, grpcStatus: 6, retryable: false },
  version_conflict: { httpStatus: 409, grpcStatus: 10, retryable: true },
  limit_reached: { httpStatus: 409, grpcStatus: 8, retryable: false },
  body_too_large: { httpStatus: 413, grpcStatus: 3, retryable: false },
  media_type_unsupported: { httpStatus: 415, grpcStatus: 3, retryable: false },
  idempotency_key_reused: { httpStatus: 422, grpcStatus: 3, retryable: false },
  too_many_requests: { httpStatus: 429, grpcStatus: 8, retryable: true },
  internal_error: { httpStatus: 500, grpcStatus: 13, retryable: false },
  core_unavailable: { httpStatus: 503, grpcStatus: 14, retryable: true },
  core_overdue: { httpStatus: 503, grpcStatus: 4, retryable: true },
  storage_unavailable: { httpStatus: 503, grpcStatus: 14, retryable: true },
  too_many_edges: { httpStatus: 503, grpcStatus: 8, retryable: true },
  too_many_waits: { httpStatus: 503, grpcStatus: 8, retryable: true },
  edges_lagging: { httpStatus: 504, grpcStatus: 4, retryable: false },
  storage_full: { httpStatus: 507, grpcStatus: 8, retryable: true },
} as const

/** One of the codes of `ERROR_CODES`. */
export type ErrorCode = keyof typeof ERROR_CODES

/** Tells whether `text`, from outside, is one of our error codes. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text)
}

/** Facts that go with an error: never a secret, never free text. */
export type ErrorFacts = Readonly<
  Record<string, string | number | readonly Readonly<Record<string, string | number | boolean>>[]>
>

/**
 * An expected failure that a caller may need to tell apart by `code`.
 * Anything else that is thrown is a bug and becomes a 500 without detail.
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly facts: ErrorFacts

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly facts?: ErrorFacts; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.facts = Object.freeze({ ...options.facts })
  }
}
