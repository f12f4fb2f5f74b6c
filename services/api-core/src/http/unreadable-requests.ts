import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PROBLEM_MEDIA_TYPE, problemOf } from '@fingerpost/chassis/problem-responses'
import { AppError } from '@fingerpost/model/errors'

/** Answers a path that no route can have: one that is not URL-encoded, or far too long. */
export function answerUnreadablePath(
  _error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const shown = JSON.stringify(request.url.slice(0, 200))
  const problem = problemOf(new AppError('path_not_found', `There is nothing at ${shown}.`))
  void reply.code(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem))
}

/**
 * Answers octets that are no HTTP request, or too slow or too large a one, and
 * closes the connection.
 *
 * @see RFC 9112 section 11 (what else could be smuggled in them)
 */
export function answerUnreadableOctets(error: Error & { readonly code?: string }, socket: Socket) {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const status = STATUS_BY_CODE[error.code ?? ''] ?? 400
    const problem = problemOf(
      new AppError('header_invalid', 'The request cannot be read as HTTP/1.1.'),
    )
    const body = JSON.stringify({ ...problem, status })
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'connection: close',
      `content-type: ${PROBLEM_MEDIA_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  }
  socket.destroy()
}

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
}
