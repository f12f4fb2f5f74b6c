import { X509Certificate } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import type { Address } from '@fingerpost/chassis/environment'
import type { SeenCertificate } from '@fingerpost/model/certificate'
import type { Hostname } from '@fingerpost/model/hostname'
import type { DurationMs } from '@fingerpost/model/time'

/** What a TLS handshake with Caddy gave. */
export type HandshakeOutcome =
  | { readonly kind: 'seen'; readonly certificate: SeenCertificate }
  /** Caddy has no certificate for the hostname, or presented one for another name. */
  | { readonly kind: 'refused'; readonly alert: string }
  /** Caddy is not there: that says nothing about the hostname. */
  | { readonly kind: 'unreachable'; readonly what: string }
  /** No answer within the deadline; Caddy may still be obtaining the certificate. */
  | { readonly kind: 'timeout' }

/**
 * Makes one TLS handshake with Caddy as a visitor of the hostname does, reads the certificate, and
 * closes. Caddy obtains a first certificate, and begins a renewal that is due, because of it.
 *
 * The certificate is not verified: whether visitors' programs trust its issuer is not asked here.
 */
export function makeHandshake(
  hostname: Hostname,
  { address, deadlineMs }: { readonly address: Address; readonly deadlineMs: DurationMs },
  signal: AbortSignal,
): Promise<HandshakeOutcome> {
  const { promise, resolve } = Promise.withResolvers<HandshakeOutcome>()
  const socket = connect({
    host: address.host,
    port: address.port,
    servername: hostname,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
  })
  const settle = (outcome: HandshakeOutcome): void => {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
    resolve(outcome)
  }
  const onAbort = (): void => settle({ kind: 'timeout' })
  // Why not the socket's own timeout: that one counts idle time, not the whole.
  const timer = setTimeout(onAbort, deadlineMs)
  signal.addEventListener('abort', onAbort, { once: true })
  socket.on('error', (error) => settle(outcomeOf(error)))
  socket.once('secureConnect', () => settle(presented(socket, hostname)))
  socket.once('close', () => settle({ kind: 'unreachable', what: 'connection closed' }))
  if (signal.aborted) onAbort()
  return promise
}

function presented(socket: TLSSocket, hostname: Hostname): HandshakeOutcome {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return { kind: 'unreachable', what: 'no certificate' }
  if (certificate.checkHost(hostname) === undefined) {
    return { kind: 'refused', alert: 'certificate for another name' }
  }
  return { kind: 'seen', certificate: readCertificate(certificate) }
}

function readCertificate(certificate: X509Certificate): SeenCertificate {
  return {
    issuer: issuerOf(certificate.issuer),
    keyType: keyTypeOf(certificate),
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  }
}

const NAME_LENGTH_MAX = 200

// One attribute a line, such as `O=Let's Encrypt`.
function issuerOf(text: string): string {
  const attribute = (name: string): string | undefined =>
    text
      .split('\n')
      .find((line) => line.startsWith(`${name}=`))
      ?.slice(name.length + 1)
  return (attribute('CN') ?? attribute('O') ?? 'unknown').slice(0, NAME_LENGTH_MAX)
}

const CURVES: ReadonlyMap<string, string> = new Map([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
])

function keyTypeOf({ publicKey }: X509Certificate): string {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = publicKey
  const { namedCurve, modulusLength } = details ?? {}
  if (namedCurve !== undefined) return CURVES.get(namedCurve) ?? namedCurve
  return modulusLength === undefined ? type : `${type.toUpperCase()}-${modulusLength}`
}

function outcomeOf(error: Error): HandshakeOutcome {
  const code = 'code' in error ? String(error.code) : error.message
  const alert = /_ALERT_(.+)$/.exec(code)?.[1]
  if (alert === undefined) return { kind: 'unreachable', what: code }
  return { kind: 'refused', alert: alert.replaceAll('_', ' ').toLowerCase() }
}
