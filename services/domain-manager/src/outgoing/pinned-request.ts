import type { Socket } from 'node:net'
import type { DurationMs } from '@fingerpost/model/time'
import { buildConnector, Client, errors } from 'undici'

/** What is asked. */
export type OutgoingRequest = {
  /** `http:` or `https:`. Its host becomes `Host` and the TLS server name, never an address. */
  readonly url: URL
  readonly method: 'GET' | 'POST'
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Told the status when the head of the answer is there, whatever becomes of its body. */
  readonly onHead?: (status: number) => void
}

/** How much of an answer is waited for and read. */
export type OutgoingLimits = {
  /** From the start to the end of the answer. */
  readonly totalMsMax: DurationMs
  readonly connectMsMax: DurationMs
  readonly headerOctetsMax: number
  /** A longer body is cut, not refused. */
  readonly bodyOctetsMax: number
}

/** Most octets that a peer can send, whatever they are: interim answers, chunks without data. */
export const RECEIVED_OCTETS_MAX = 1_048_576

/** To whom a request goes. */
export type PinnedPeer = {
  /** The only address that is connected to; whether it may be is the caller's decision. */
  readonly address: string
  /** Whether a certificate that is not valid for the host ends the request. */
  readonly verifiesTls: boolean
  readonly limits: OutgoingLimits
}

/**
 * Why there is no answer.
 *
 * - `no_route`: this machine has no way to that address or to its family
 * - `refused`, `timeout`, `broken`: nobody listens, nothing came in time, the connection ended
 * - `tls`: no handshake, or a certificate that is not valid for the host
 * - `malformed`: what came is no HTTP, or its head or all of it is too long
 * - `cancelled`: given up by the caller
 * - `not_sent`: it could not be sent for a reason of our own
 */
export const OUTGOING_FAILURES = [
  'no_route',
  'refused',
  'timeout',
  'broken',
  'tls',
  'malformed',
  'cancelled',
  'not_sent',
] as const

/** One of `OUTGOING_FAILURES`. */
export type OutgoingFailure = (typeof OUTGOING_FAILURES)[number]

/** An answer as it came: neither decompressed nor followed anywhere. */
export type PinnedAnswer =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** Names in lower case; of a repeated header all values. */
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
      readonly body: Buffer
      /** Whether there was more of the body. */
      readonly isBodyCut: boolean
    }
  | {
      readonly kind: 'failed'
      readonly what: OutgoingFailure
      /** Whether the peer may have received the request. */
      readonly isConnected: boolean
    }

/**
 * Makes one request to one address. The host's name is not resolved, so that
 * nobody can have it lead to another address than the one that was judged.
 *
 * @param signal when it aborts, the request is given up: `cancelled`
 */
export async function pinnedRequest(
  request: OutgoingRequest,
  peer: PinnedPeer,
  signal: AbortSignal,
): Promise<PinnedAnswer> {
  const { limits } = peer
  const deadline = AbortSignal.timeout(limits.totalMsMax)
  const progress = { isConnected: false, isFlooded: false }
  const client = clientOf(request.url, peer, progress)
  try {
    const { url, method, headers, body } = request
    const response = await client.request({
      path: `${url.pathname}${url.search}`,
      method,
      headers,
      body: body ?? null,
      // Why: a connection is used once.
      reset: true,
      signal: AbortSignal.any([signal, deadline]),
    })
    request.onHead?.(response.statusCode)
    const { octets, isCut } = await readBody(response.body, limits.bodyOctetsMax)
    return {
      kind: 'answered',
      status: response.statusCode,
      headers: response.headers,
      body: octets,
      isBodyCut: isCut,
    }
  } catch (error) {
    const ended = signal.aborted ? 'cancelled' : deadline.aborted ? 'timeout' : undefined
    const what = ended ?? (progress.isFlooded ? 'malformed' : failureOf(error))
    return { kind: 'failed', what, isConnected: progress.isConnected }
  } finally {
    await client.destroy()
  }
}

type Progress = { isConnected: boolean; isFlooded: boolean }

function clientOf(url: URL, peer: PinnedPeer, progress: Progress): Client {
  const { address, verifiesTls, limits } = peer
  const connector = buildConnector({
    rejectUnauthorized: verifiesTls,
    timeout: limits.connectMsMax,
    allowH2: false,
    maxCachedSessions: 0,
    // Why: there is one address, and nothing to choose from.
    autoSelectFamily: false,
  })
  return new Client(url.origin, {
    allowH2: false,
    maxHeaderSize: limits.headerOctetsMax,
    headersTimeout: limits.totalMsMax,
    bodyTimeout: limits.totalMsMax,
    connect: (options, callback) => {
      connector({ ...options, hostname: address }, (...result) => {
        progress.isConnected = result[0] === null
        callback(...result)
        if (result[0] === null) endFlood(result[1], progress)
      })
    },
  })
}

function endFlood(socket: Socket, progress: Progress): void {
  socket.on('readable', () => {
    if (socket.bytesRead <= RECEIVED_OCTETS_MAX) return
    progress.isFlooded = true
    socket.destroy()
  })
}

async function readBody(
  body: AsyncIterable<Buffer>,
  octetsMax: number,
): Promise<{ readonly octets: Buffer; readonly isCut: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    length += chunk.length
    // Why left here: the rest would be read for nothing.
    if (length > octetsMax) break
  }
  const octets = Buffer.concat(chunks).subarray(0, octetsMax)
  return { octets, isCut: length > octetsMax }
}

function failureOf(error: unknown): OutgoingFailure {
  if (error instanceof errors.ConnectTimeoutError) return 'timeout'
  if (error instanceof errors.HeadersTimeoutError) return 'timeout'
  if (error instanceof errors.BodyTimeoutError) return 'timeout'
  if (error instanceof errors.HTTPParserError) return 'malformed'
  if (error instanceof errors.HeadersOverflowError) return 'malformed'
  if (error instanceof errors.ResponseContentLengthMismatchError) return 'broken'
  if (error instanceof errors.SocketError) return 'broken'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return FAILURES[code] ?? (TLS_CODE.test(code) ? 'tls' : 'not_sent')
}

// OpenSSL's alerts, Node's checks of the name, and OpenSSL's checks of the chain.
const TLS_CODE =
  /^(?:ERR_SSL_|ERR_TLS_|EPROTO$|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_)/

const FAILURES: Readonly<Record<string, OutgoingFailure>> = {
  ENETUNREACH: 'no_route',
  EHOSTUNREACH: 'no_route',
  ENETDOWN: 'no_route',
  EADDRNOTAVAIL: 'no_route',
  EAFNOSUPPORT: 'no_route',
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  ECONNRESET: 'broken',
  EPIPE: 'broken',
  ECONNABORTED: 'broken',
}
