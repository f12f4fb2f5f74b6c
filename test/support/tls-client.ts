import { X509Certificate } from 'node:crypto'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'

/** What a test wants to know of the certificate that a server presented. */
export type CertificateFacts = {
  readonly subjectAltName: string
  readonly issuer: string
  /** For example `ec prime256v1` or `rsa 2048`. */
  readonly keyType: string
  readonly serial: string
  readonly notBefore: Date
  readonly notAfter: Date
}

/** Why there was no TLS connection. `durationMs` runs from the first packet to the refusal. */
export type TlsRefusal =
  /** The server sent a TLS alert, for example `internal error`. */
  | { readonly kind: 'alert'; readonly alert: string; readonly durationMs: number }
  /** We did not believe the certificate, for example `CERT_HAS_EXPIRED`. */
  | { readonly kind: 'untrusted'; readonly code: string; readonly durationMs: number }
  /** No TLS at all: refused, reset, or `TIMEOUT`. */
  | { readonly kind: 'no_connection'; readonly code: string; readonly durationMs: number }

/** How one handshake went. */
export type HandshakeOutcome =
  | {
      readonly kind: 'accepted'
      readonly certificate: CertificateFacts
      readonly durationMs: number
    }
  | TlsRefusal

export type HttpAnswer = {
  readonly kind: 'answered'
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly durationMs: number
}

/** How one HTTPS request went. */
export type HttpsOutcome = (HttpAnswer & { readonly certificate: CertificateFacts }) | TlsRefusal

/** How one plain HTTP request went. */
export type HttpOutcome = HttpAnswer | Extract<TlsRefusal, { readonly kind: 'no_connection' }>

export type HandshakeOptions = {
  readonly port: number
  /** The name in SNI, and the one that the certificate must be for. */
  readonly hostname: string
  /** The only roots that count. */
  readonly caPem: string
  readonly timeoutMs: number
}

export type HttpRequestOptions = {
  readonly port: number
  /** The `Host` header as sent; SNI as well unless `sni` is set. */
  readonly host: string
  readonly path: string
  readonly method?: string
  /** Sent with its length. */
  readonly body?: Buffer
  /** A list sends the header once per value. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly timeoutMs: number
}

export type HttpsRequestOptions = HttpRequestOptions & {
  readonly caPem: string
  readonly sni?: string
}

/**
 * Makes one TLS handshake with 127.0.0.1 on a connection of its own and closes it.
 *
 * A refused handshake is an outcome, not an exception.
 */
export async function handshake(options: HandshakeOptions): Promise<HandshakeOutcome> {
  const startedAt = performance.now()
  const made = await connectTls(options, startedAt)
  if (made.kind !== 'connected') return made
  made.socket.destroy()
  return { kind: 'accepted', certificate: made.certificate, durationMs: made.durationMs }
}

/** Makes one HTTPS request to 127.0.0.1 on a connection of its own. */
export async function httpsGet(options: HttpsRequestOptions): Promise<HttpsOutcome> {
  const startedAt = performance.now()
  const hostname = options.sni ?? options.host.replace(/:\d+$/, '')
  const made = await connectTls({ ...options, hostname }, startedAt)
  if (made.kind !== 'connected') return made
  const { socket, certificate } = made
  const outcome = await exchange(options, startedAt, () => socket)
  return outcome.kind === 'answered' ? { ...outcome, certificate } : outcome
}

/** Makes one plain HTTP request to 127.0.0.1 on a connection of its own; redirects are answers. */
export function httpGet(options: HttpRequestOptions): Promise<HttpOutcome> {
  return exchange(options, performance.now(), () =>
    connectTcp({ host: '127.0.0.1', port: options.port }),
  )
}

type Connected = {
  readonly kind: 'connected'
  readonly socket: TLSSocket
  readonly certificate: CertificateFacts
  readonly durationMs: number
}

function connectTls(options: HandshakeOptions, startedAt: number): Promise<Connected | TlsRefusal> {
  return new Promise((resolve) => {
    const socket = connect({
      host: '127.0.0.1',
      port: options.port,
      servername: options.hostname,
      ca: options.caPem,
    })
    const refuse = (error: unknown): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(refusal(error, startedAt))
    }
    // Why not the socket's own timeout: that one counts idle time, not the whole.
    const timer = setTimeout(() => refuse({ code: 'TIMEOUT' }), options.timeoutMs)
    socket.once('error', refuse)
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      const certificate = certificateFacts(socket)
      resolve({ kind: 'connected', socket, certificate, durationMs: performance.now() - startedAt })
    })
  })
}

function exchange(
  options: HttpRequestOptions,
  startedAt: number,
  createConnection: () => Socket,
): Promise<HttpOutcome> {
  return new Promise((resolve) => {
    const request = httpRequest({ ...requestOptions(options), createConnection })
    const settle = (outcome: HttpOutcome): void => {
      clearTimeout(timer)
      request.destroy()
      resolve(outcome)
    }
    const fail = (error: unknown): void => settle(noConnection(error, startedAt))
    const timer = setTimeout(() => fail({ code: 'TIMEOUT' }), options.timeoutMs)
    request.once('error', fail)
    request.once('response', (response) => {
      readAnswer(response, startedAt).then(settle, fail)
    })
    request.end(options.body)
  })
}

function requestOptions(options: HttpRequestOptions): RequestOptions {
  const headers: Record<string, string | string[]> = { host: options.host }
  // Why by hand: Node states no length for a body on GET.
  if (options.body !== undefined) headers['content-length'] = String(options.body.length)
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name] = typeof value === 'string' ? value : [...value]
  }
  return {
    path: options.path,
    method: options.method ?? 'GET',
    headers,
  }
}

async function readAnswer(response: IncomingMessage, startedAt: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(Buffer.from(chunk))
  return {
    kind: 'answered',
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString('utf8'),
    durationMs: performance.now() - startedAt,
  }
}

function certificateFacts(socket: TLSSocket): CertificateFacts {
  const certificate = new X509Certificate(socket.getPeerCertificate().raw)
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey
  return {
    subjectAltName: certificate.subjectAltName ?? '',
    issuer: certificate.issuer,
    keyType: `${type} ${details?.namedCurve ?? details?.modulusLength ?? ''}`.trim(),
    serial: certificate.serialNumber,
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
  }
}

function refusal(error: unknown, startedAt: number): TlsRefusal {
  const code = errorCode(error)
  const durationMs = performance.now() - startedAt
  const alert = /ALERT_(.+)$/.exec(code)?.[1]
  if (alert !== undefined) {
    return { kind: 'alert', alert: alert.replaceAll('_', ' ').toLowerCase(), durationMs }
  }
  return /CERT|SIGNATURE|SIGNED|VERIFY/.test(code)
    ? { kind: 'untrusted', code, durationMs }
    : { kind: 'no_connection', code, durationMs }
}

function noConnection(error: unknown, startedAt: number) {
  const durationMs = performance.now() - startedAt
  return { kind: 'no_connection', code: errorCode(error), durationMs } as const
}

function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code)
  return String(error)
}
