import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError, ERROR_CODES, type ErrorCode } from '@fingerpost/model/errors'

/** A problem document. @see RFC 9457 section 3 */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
} & Readonly<Record<string, unknown>>

/** The media type of a problem document. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

const RETRY_AFTER_S = 1

/**
 * Makes every error of a Fastify application a problem document. The application has to be made
 * with `frameworkErrors: answerFrameworkError` too.
 */
export function answerWithProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toAppError(error)
    if (problem.code === 'internal_error') {
      request.log.error({ error, error_code: problem.code }, 'request failed unexpectedly')
    }
    return sendProblem(problem, reply)
  })
  app.setNotFoundHandler((request, reply) => sendProblem(notFound(request), reply))
}

/** Answers what Fastify refuses before it looks for a route, for example `/%zz`. */
export function answerFrameworkError(
  error: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  void sendProblem(toAppError(error), reply)
}

/** Writes an error as a problem document; facts stand beside the standard members. */
export function problemOf(error: AppError): Problem {
  const { httpStatus } = ERROR_CODES[error.code]
  return {
    ...error.facts,
    type: `urn:fingerpost:problem:${error.code}`,
    title: error.code.replaceAll('_', ' '),
    status: httpStatus,
    detail: error.message,
    code: error.code,
  }
}

function sendProblem(error: AppError, reply: FastifyReply): FastifyReply {
  const { httpStatus, retryable } = ERROR_CODES[error.code]
  if (retryable && httpStatus >= 429) reply.header('retry-after', RETRY_AFTER_S)
  if (httpStatus === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(httpStatus).type(PROBLEM_MEDIA_TYPE).send(problemOf(error))
}

function notFound(request: FastifyRequest): AppError {
  return new AppError(
    'path_not_found',
    `There is nothing at ${request.method} ${JSON.stringify(request.url.slice(0, 200))}.`,
  )
}

/** Gives the error code for each failure that Fastify itself finds in a request. */
const FRAMEWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body_not_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body_not_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'header_invalid',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media_type_unsupported',
  FST_ERR_CTP_INVALID_TYPE: 'media_type_unsupported',
  FST_ERR_BAD_URL: 'path_not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'path_not_found',
}

function toAppError(error: FastifyError): AppError {
  if (error instanceof AppError) return error
  if (error.validation !== undefined) {
    const place = error.validationContext ?? 'body'
    const code =
      place === 'body' ? 'body_invalid' : place === 'headers' ? 'header_invalid' : 'query_invalid'
    return new AppError(code, `The ${place} is not as documented: ${error.message}.`)
  }
  const code = FRAMEWORK_CODES[error.code]
  if (code !== undefined) return new AppError(code, `${error.message}.`, { cause: error })
  return new AppError('internal_error', 'The server failed on this request. Its log says why.', {
    cause: error,
  })
}
